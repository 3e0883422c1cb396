#include "chapters/15_feedback_network/checks.h"
#include "chapters/15_feedback_network/experiment.h"
static void ex(program *p)
{
    (void)p;
}
static void ver(program *p)
{
    show_section(&p->show, "Verification");
    check_fbnet(p);
}
static void experiment(program *p)
{
    rules r = {0.03, 0};
    fbnet_experiments(p, r);
}
static const program_about about = {.name = "15_feedback_network",
                                    .title = "x",
                                    .seeds = 10,
                                    .verification = 1,
                                    .example = ex,
                                    .verify = ver,
                                    .experiment = experiment};
int main(int argc, char **argv)
{
    return program_run(&about, argc, argv);
}

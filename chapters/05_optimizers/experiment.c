/* SPDX-License-Identifier: MIT */
#include "chapters/05_optimizers/experiment.h"
void experiment(program *p)
{
    (void)p;
}

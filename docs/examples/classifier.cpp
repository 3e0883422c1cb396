// SPDX-License-Identifier: MIT
// A linear classifier with softmax cross-entropy on std::vector<double>, and a
// check of its gradients from C++.
//
//     c++ -O2 classifier.cpp $(pkg-config --cflags --libs handgrad) -lm
//
// With -DMISTAKE the backward has a classic mistake. Exit status: 0 every
// gradient is as expected, 1 one is not, 2 the check could not be done.
// Letters: B batch, D inputs, C classes.
#include <handgrad.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

using numbers = std::vector<double>;

/* [classifier] */
struct classifier {
    int B, D, C;
    numbers x, W, b, p; // (B,D), (C,D), (C), (B,C): softmax of W x + b
    numbers dx, dW, db;
    std::vector<int> target;

    double forward()
    {
        double loss = 0;
        for (int i = 0; i < B; i++) {
            double *row = &p[i * C];
            for (int c = 0; c < C; c++) {
                row[c] = b[c];
                for (int d = 0; d < D; d++)
                    row[c] += W[c * D + d] * x[i * D + d];
            }
            double most = *std::max_element(row, row + C), sum = 0;
            loss -= row[target[i]] - most;
            for (int c = 0; c < C; c++)
                sum += row[c] = std::exp(row[c] - most);
            for (int c = 0; c < C; c++)
                row[c] /= sum;
            loss += std::log(sum);
        }
        return loss / B;
    }

    void backward()
    {
#ifdef MISTAKE
        const double scale = 1; // the loss is a mean: 1 / B is forgotten
#else
        const double scale = 1.0 / B;
#endif
        for (int i = 0; i < B; i++)
            for (int c = 0; c < C; c++) {
                double dz = scale * (p[i * C + c] - (c == target[i]));
                db[c] += dz;
                for (int d = 0; d < D; d++) {
                    dW[c * D + d] += dz * x[i * D + d];
                    dx[i * D + d] += dz * W[c * D + d];
                }
            }
    }
};
/* [classifier] */

/* [bridge] */
// Any callable that returns the loss, behind the checker's function pointer. An
// exception must not pass through C: it becomes the status HG_LOSS_FAILED.
template <class F> int call(void *context, double loss[2]) noexcept
{
    try {
        loss[0] = (*static_cast<F *>(context))();
        return 0;
    } catch (...) {
        return 1;
    }
}

static hg_tensor tensor(const char *name, const char *letters,
                        std::vector<int> shape, numbers &data,
                        const numbers &grad)
{
    hg_tensor t = hg_tensor(); // all zero: double, row by row, must agree
    t.name = name;
    t.letters = letters;
    t.rank = static_cast<int>(shape.size());
    std::copy(shape.begin(), shape.end(), t.shape);
    t.data = data.data();
    t.grad = grad.data();
    return t;
}
/* [bridge] */

/* [main] */
int main()
{
    const int B = 3, D = 5, C = 4;
    classifier m;
    m.B = B, m.D = D, m.C = C;
    for (numbers *v : {&m.x, &m.dx})
        v->resize(B * D);
    for (numbers *v : {&m.W, &m.dW})
        v->resize(C * D);
    for (numbers *v : {&m.b, &m.db})
        v->resize(C);
    m.p.resize(B * C);
    m.target = {2, 0, 2};
    int k = 0; // numbers that all differ
    for (numbers *v : {&m.x, &m.W, &m.b})
        for (double &value : *v)
            value = 1.3 * std::sin(1 + 0.7 * k * k), k++;
    m.forward();
    m.backward();

    auto loss = [&m] { return m.forward(); };
    std::vector<hg_tensor> tensors = {
        tensor("W", "C,D", {C, D}, m.W, m.dW),
        tensor("b", "C", {C}, m.b, m.db),
        tensor("x", "B,D", {B, D}, m.x, m.dx),
    };
    hg_size sizes[] = {{"B", B}};
    hg_problem problem = hg_problem();
    problem.loss = call<decltype(loss)>;
    problem.context = &loss;
    problem.tensors = static_cast<int>(tensors.size());
    problem.tensor = tensors.data();
    problem.sizes = 1;
    problem.size = sizes;

    std::vector<hg_result> result(tensors.size());
    hg_status status = hg_check(&problem, nullptr, result.data());
    if (status != HG_OK) {
        std::fprintf(stderr, "classifier: %s\n", hg_status_text(status));
        return 2;
    }
    if (hg_write(stdout, HG_TEXT, &problem, result.data()) != 0)
        return 2;
    for (const hg_result &r : result)
        if (!r.passed)
            return 1;
    return 0;
}
/* [main] */

// SPDX-License-Identifier: MIT
// Kernels in CUDA, a bias and a GELU, and a check of their gradients. What one
// thread does is a function for device and host: where there is a GPU the
// kernels run on it, in memory that both see; where there is none the threads
// run here, one after the other.
//
//     nvcc -O2 gelu.cu $(pkg-config --cflags --libs handgrad) -o gelu
//     c++ -O2 -x c++ gelu.cu -x none $(pkg-config --cflags --libs handgrad) -lm
//
// With -DMISTAKE a launch has a classic mistake. Exit status: 0 every gradient
// is as expected, 1 one is not, 2 the check could not be done.
// Letters: B rows, C channels. Entry [b][c] stands at b * C + c.
#include <handgrad.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>

#ifdef __CUDACC__
#define BOTH __host__ __device__
#else
#define BOTH
#endif

enum { B = 12, C = 23, THREADS = 32 };

/* [threads] */
struct arrays {
    float *inp, *bias, *out;    // (B,C), (C), (B,C)
    float *dinp, *dbias, *dout; // gradients; dout is given
};

// y = gelu(x) = x/2 (1 + tanh u), u = sqrt(2/pi) (x + 0.044715 x^3).
BOTH static float gelu(float x, float *slope)
{
    const float s = 0.7978845608f, a = 0.044715f;
    float t = tanhf(s * (x + a * x * x * x));
    float du = s * (1 + 3 * a * x * x);
    *slope = 0.5f * (1 + t) + 0.5f * x * (1 - t * t) * du;
    return 0.5f * x * (1 + t);
}

// out = gelu(inp + bias): thread i has entry i.
BOTH static void forward(int i, arrays m)
{
    float slope;
    if (i < B * C)
        m.out[i] = gelu(m.inp[i] + m.bias[i % C], &slope);
}

// dinp += dout gelu'(inp + bias): thread i has entry i.
BOTH static void backward_inp(int i, arrays m)
{
    float slope;
    if (i < B * C) {
        gelu(m.inp[i] + m.bias[i % C], &slope);
        m.dinp[i] += m.dout[i] * slope;
    }
}

// dbias += the same, summed over the rows, in a fixed order: thread c has
// channel c.
BOTH static void backward_bias(int c, arrays m)
{
    float slope, sum = 0;
    for (int i = c; i < B * C && c < C; i += C) {
        gelu(m.inp[i] + m.bias[c], &slope);
        sum += m.dout[i] * slope;
    }
    if (c < C)
        m.dbias[c] += sum;
}
/* [threads] */

/* [launch] */
static int devices;

#ifdef __CUDACC__
// A kernel for each function of a thread, and its launch; without a device
// the same threads run here. Returns other than 0 where the launch failed.
#define KERNEL(name)                                                           \
    __global__ static void name##_kernel(arrays m)                             \
    {                                                                          \
        name(blockIdx.x * blockDim.x + threadIdx.x, m);                        \
    }                                                                          \
    static int launch_##name(int blocks, arrays m)                             \
    {                                                                          \
        for (int i = 0; i < blocks * THREADS && !devices; i++)                 \
            name(i, m);                                                        \
        if (devices)                                                           \
            name##_kernel<<<blocks, THREADS>>>(m);                             \
        return devices && (cudaGetLastError() != cudaSuccess ||                \
                           cudaDeviceSynchronize() != cudaSuccess);            \
    }
#else
#define KERNEL(name)                                                           \
    static int launch_##name(int blocks, arrays m)                             \
    {                                                                          \
        for (int i = 0; i < blocks * THREADS; i++)                             \
            name(i, m);                                                        \
        return 0;                                                              \
    }
#endif
KERNEL(forward)
KERNEL(backward_inp)
KERNEL(backward_bias)

static int blocks_for(int threads)
{
    return (threads + THREADS - 1) / THREADS;
}

static int backward(arrays m)
{
#ifdef MISTAKE
    // rounded down: the last entries have no thread
    int blocks = B * C / THREADS;
#else
    int blocks = blocks_for(B * C);
#endif
    return launch_backward_inp(blocks, m) ||
           launch_backward_bias(blocks_for(C), m);
}

// The sum of dout * out, in double and in a fixed order.
static int loss_of(void *context, double loss[2])
{
    const arrays *m = static_cast<const arrays *>(context);
    if (launch_forward(blocks_for(B * C), *m))
        return 1;
    for (int i = 0; i < B * C; i++)
        loss[0] += static_cast<double>(m->dout[i]) * m->out[i];
    return 0;
}
/* [launch] */

/* [cuda] */
// Memory for n numbers, all 0, that host and device see.
static float *numbers(int n)
{
    void *memory = nullptr;
#ifdef __CUDACC__
    if (devices && cudaMallocManaged(&memory, n * sizeof(float)) != cudaSuccess)
        memory = nullptr;
#endif
    if (!devices)
        memory = std::malloc(n * sizeof(float));
    if (!memory) {
        std::fputs("gelu: no memory\n", stderr);
        std::exit(2);
    }
    float *x = static_cast<float *>(memory);
    for (int i = 0; i < n; i++)
        x[i] = 0;
    return x;
}

int main()
{
#ifdef __CUDACC__
    if (cudaGetDeviceCount(&devices) != cudaSuccess)
        devices = 0;
#endif
    arrays m = {numbers(B * C), numbers(C), numbers(B * C),
                numbers(B * C), numbers(C), numbers(B * C)};
    for (int i = 0; i < B * C; i++) { // numbers that all differ
        m.inp[i] = 2.3f * std::sin(1 + 0.7f * i);
        m.dout[i] = 1.1f * std::sin(2 + 0.9f * i);
    }
    for (int c = 0; c < C; c++)
        m.bias[c] = 0.4f * std::sin(3 + 1.1f * c);
    if (backward(m) != 0)
        return 2;

    hg_tensor t[2] = {hg_tensor(), hg_tensor()}; // all zero: must agree
    t[0].name = "inp", t[0].letters = "B,C", t[0].rank = 2;
    t[0].shape[0] = B, t[0].shape[1] = C;
    t[0].data = m.inp, t[0].grad = m.dinp;
    t[1].name = "bias", t[1].letters = "C", t[1].rank = 1;
    t[1].shape[0] = C;
    t[1].data = m.bias, t[1].grad = m.dbias;
    t[0].type = t[1].type = HG_FLOAT;
    hg_problem problem = hg_problem();
    problem.loss = loss_of;
    problem.context = &m;
    problem.tensors = 2;
    problem.tensor = t;

    hg_result result[2];
    hg_status status = hg_check(&problem, nullptr, result);
    if (status != HG_OK) {
        std::fprintf(stderr, "gelu: %s\n", hg_status_text(status));
        return 2;
    }
    if (hg_write(stdout, HG_TEXT, &problem, result) != 0)
        return 2;
    return result[0].passed && result[1].passed ? 0 : 1;
}
/* [cuda] */

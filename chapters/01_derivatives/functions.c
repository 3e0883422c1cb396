/* SPDX-License-Identifier: MIT */
#include "chapters/01_derivatives/functions.h"

/* [functions] */
/* One text for every type: <tgmath.h> takes expf, exp or cexp, as x is. */
#define CUBE(x) ((x) * (x) * (x))
#define SQUIRE_TRAPP(x) (exp(x) / (CUBE(sin(x)) + CUBE(cos(x))))
#define MARTINS(x) (exp(x) / sqrt(CUBE(sin(x)) + CUBE(cos(x))))

real squire_trapp(real x)
{
    return SQUIRE_TRAPP(x);                                          /* (1.1) */
}

double complex squire_trapp_complex(double complex x)
{
    return SQUIRE_TRAPP(x);
}
/* [functions] */

float squire_trapp_float(float x)
{
    return SQUIRE_TRAPP(x);
}

real martins(real x)
{
    return MARTINS(x);                                               /* (1.2) */
}

double complex martins_complex(double complex x)
{
    return MARTINS(x);
}

float martins_float(float x)
{
    return MARTINS(x);
}

const published published_functions[2] = {
    {"f_1", squire_trapp, squire_trapp_float, squire_trapp_complex, 1,
     3.622033700716326},
    {"f_2", martins, martins_float, martins_complex, 0.5, 4.053427893898620},
};

/* [derivatives] */
void published_derivatives(real d[4], const published *f, real x)
{
    real s = sin(x), c = cos(x), g = CUBE(s) + CUBE(c);
    real alpha = (real)f->alpha;
    real g1 = 3 * s * c * (s - c);                                   /* (1.3) */
    real g2 = 6 * s * c * (s + c) - 3 * g;                          /* (1.11) */
    real g3 = 6 * (CUBE(c) - CUBE(s)) - 7 * g1;                     /* (1.12) */
    real q = g1 / g, r = 1 - alpha * q;
    real q1 = g2 / g - q * q;                                      /* (1.13a) */
    real q2 = g3 / g - 3 * q * q1 - q * q * q;                     /* (1.13b) */
    d[0] = f->of(x);
    d[1] = d[0] * r;                                                 /* (1.4) */
    d[2] = d[0] * (r * r - alpha * q1);                             /* (1.14) */
    d[3] = d[0] * (r * r * r - 3 * alpha * r * q1 - alpha * q2);    /* (1.15) */
}
/* [derivatives] */

real relu_of(real x)
{
    return re(x) > 0 ? x : 0;                                       /* (1.36) */
}

real absolute_of(real x)
{
    return real_abs(x);
}

# SPDX-License-Identifier: MIT
load 'plots/style.gp'

shapes = data('02_activations-shapes')

eval figure('02_activations-values')
set title 'Six activations'
set xlabel 'input z'
set ylabel 'output a'
set xrange [-4:4]
set yrange [-1.2:3]
plot shapes using 1:2 with lines title 'sigmoid', \
     shapes using 1:3 with lines title 'tanh', \
     shapes using 1:4 with lines title 'ReLU', \
     shapes using 1:5 with lines title 'RReLU (mean slope)', \
     shapes using 1:6 with lines title 'softplus', \
     shapes using 1:7 with lines title 'GELU'

# The slopes of ReLU and RReLU jump at 0: no line joins their halves.
half(x, y) = x == 0 ? NaN : y
eval figure('02_activations-slopes')
set title 'Their slopes: what a gradient is multiplied by'
set xlabel 'input z'
set ylabel 'slope da/dz'
set xrange [-4:4]
set yrange [-0.2:1.25]
plot shapes using 1:8 with lines title 'sigmoid', \
     shapes using 1:9 with lines title 'tanh', \
     shapes using 1:(half($1, $10)) with lines title 'ReLU', \
     shapes using 1:(half($1, $11)) with lines title 'RReLU (mean slope)', \
     shapes using 1:12 with lines title 'softplus', \
     shapes using 1:13 with lines title 'GELU'

eval figure('02_activations-gelu')
set title 'The two forms of GELU are not the same function'
set xlabel 'input z'
set ylabel 'tanh form minus erf form'
set format y '%.4f'
set xrange [-5:5]
plot shapes using 1:14 with lines title 'of the values', \
     shapes using 1:15 with lines title 'of the slopes', \
     0 with lines lt REFERENCE title 'no difference'

small = data('02_activations-small')
eval figure('02_activations-small')
set title 'Near zero the naive forms lose their digits'
set xlabel 'x'
set ylabel 'relative error'
eval log_x
eval log_y
set xtics 100
set ytics 100
set xrange [1e-17:1]
set yrange [5e-18:10]
plot small using 1:2 with lines title 'log(1 + x)', \
     small using 1:4 with lines title 'exp(x) - 1', \
     small using 1:6 with lines title '(2.4) for tanh x', \
     small using 1:3 with points lt 5 pt 7 ps 0.4 title 'log1p(x)', \
     small using 1:5 with points lt 6 title 'expm1(x)', \
     small using 1:7 with points lt 7 title 'tanh(x)', \
     1.1e-16 / x with lines lt REFERENCE title 'predicted: 2^{-53}/x'

large = data('02_activations-large')
eval figure('02_activations-large')
set title 'Far to the left the naive forms lose their digits'
set xlabel 'distance x to the left of zero, z = -x'
set ylabel 'relative error'
eval log_y
set ytics 100
set yrange [5e-18:10]
plot large using 1:2 with lines title 'log(1 + exp(z))', \
     large using 1:4 with lines title '1 - sigmoid(-z)', \
     large using 1:6 with lines title 'GELU by 1 + erf', \
     large using 1:3 with points lt 5 pt 7 ps 0.4 title 'softplus(z)', \
     large using 1:5 with points lt 6 title 'sigmoid(z)', \
     large using 1:7 with points lt 7 title 'GELU by erfc', \
     1.1e-16 * exp(x) with lines lt REFERENCE title 'predicted: 2^{-53} exp(x)'

saturation = data('02_activations-saturation')
eval figure('02_activations-saturation')
set title 'The slope from the output becomes zero, the slope itself does not'
set xlabel 'input z'
set ylabel 'slope da/dz'
eval log_y
set ytics 10000
set xrange [0:45]
set yrange [1e-20:10]
plot saturation using 1:3 with lines title 'tanh, from z (2.36)', \
     saturation using 1:5 with lines title 'sigmoid, from z (2.35)', \
     saturation using 1:2 every 5 with points lt 1 title 'tanh, 1 - a^2', \
     saturation using 1:4 every 5 with points lt 2 title 'sigmoid, a (1 - a)', \
     2.0**-52 with lines lt REFERENCE title 'eps'

reach = data('02_activations-reach')
eval figure('02_activations-reach')
set title 'tanh cannot reach 1.5: its loss stops at 0.25'
set xlabel 'steps of gradient descent'
set ylabel 'loss'
eval log_x
eval log_y
set ytics 100
set xrange [1:1e5]
set yrange [1e-16:10]
plot reach using 1:2 with lines title 'tanh(w), target 1.5', \
     reach using 1:3 with lines title 'tanh(w), target 0.9', \
     reach using 1:4 with lines title 'w itself, target 1.5', \
     reach using 1:7 with lines title 'tanh(w), target 1.5, above 0.25', \
     reach using 1:8 with lines lt REFERENCE title 'predicted: 1/(4 eta t)'

eval figure('02_activations-weight')
set title 'The weight behind tanh grows without end, ever more slowly'
set xlabel 'steps of gradient descent'
set ylabel 'weight w'
eval log_x
set xrange [1:1e5]
set yrange [0:6]
plot reach using 1:5 with lines title 'tanh(w), target 1.5', \
     reach using 1:9 with lines title 'w itself, target 1.5', \
     reach using 1:6 with lines lt REFERENCE title 'predicted: log(8 eta t)/2'

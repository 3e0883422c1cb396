# SPDX-License-Identifier: MIT
load 'plots/style.gp'

# The error of four methods against the step. Dotted: what is predicted for the
# forward and the central quotient; the large points are the optimum it gives.
errors = "eval log_x; eval log_y; set xtics 100; set ytics 100; " . \
         "set xrange [1e-18:0.2]; set yrange [2e-17:50]; set key maxrows 3 width -2; " . \
         "set label 1 'slope 1' at 1e-4, 4e-3 right; " . \
         "set label 2 'slope 2' at 2e-3, 2e-7 left; " . \
         "set label 3 'slope -1' at 1e-12, 2e-2 left; set xlabel 'step h'"

eval figure_high('01_derivatives-error_2', 1.25)
set title 'The error of four slopes of f_2 at x = 1.5'
set ylabel 'relative error of the slope'
eval errors
error = data('01_derivatives-error_2')
plot error using 1:2 with lines lt 2 title 'forward', \
     error using 1:3 with lines lt 1 title 'central', \
     error using 1:4 with lines lt 6 title 'Ridders from h', \
     error using 1:5 with linespoints lt 4 ps 0.4 title 'complex step', \
     error using 1:6 with lines lt REFERENCE title 'predicted', \
     error using 1:7 with lines lt REFERENCE notitle, \
     data('01_derivatives-optimum_2') using 1:2 with points lt 5 pt 7 ps 1.4 \
     title 'its optimum'

eval figure_high('01_derivatives-error_1', 1.25)
set title 'The error of four slopes of f_1 at x = 1.5'
set ylabel 'relative error of the slope'
eval errors
error = data('01_derivatives-error_1')
plot error using 1:2 with lines lt 2 title 'forward', \
     error using 1:3 with lines lt 1 title 'central', \
     error using 1:4 with lines lt 6 title 'Ridders from h', \
     error using 1:5 with linespoints lt 4 ps 0.4 title 'complex step', \
     error using 1:6 with lines lt REFERENCE title 'predicted', \
     error using 1:7 with lines lt REFERENCE notitle, \
     data('01_derivatives-optimum_1') using 1:2 with points lt 5 pt 7 ps 1.4 \
     title 'its optimum'

eval figure('01_derivatives-taylor')
set title 'The Taylor test: a right gradient leaves a remainder of order h^2'
set xlabel 'step h along v'
set ylabel 'remainder R(h)'
eval log_x
eval log_y
set ytics 100
set xrange [1e-9:1]
set yrange [5e-18:1]
set key maxrows 3
taylor = data('01_derivatives-taylor')
plot taylor using 1:2 with linespoints lt 2 title 'no gradient at all', \
     taylor using 1:3 with linespoints lt 4 title 'one entry 1 % wrong', \
     taylor using 1:4 with linespoints lt 1 title 'right gradient', \
     0.4 * x with lines lt REFERENCE title 'slopes 1 and 2', \
     0.06 * x**2 with lines lt REFERENCE notitle

eval figure('01_derivatives-noise')
set title 'Close together, fourth differences show nothing but noise'
set xlabel 'spacing of the values'
set ylabel 'fourth difference / sqrt(70)'
eval log_x
eval log_y
set ytics 100
set xrange [1e-12:0.01]
set yrange [1e-17:1e-7]
set key maxrows 3
noise = data('01_derivatives-noise')
plot noise using 1:4 with linespoints lt 2 title 'f_2 + 1e6 - 1e6', \
     noise using 1:3 with linespoints lt 4 title 'f_2 + 1e3 - 1e3', \
     noise using 1:2 with linespoints lt 1 title 'f_2', \
     noise using 1:5 with lines lt 5 title 'guess: eps |f_2|', \
     80 * x**4 with lines lt REFERENCE title 'slope 4'

eval figure('01_derivatives-float')
set title 'The same quotients of f_2 in float and in double'
set xlabel 'step h'
set ylabel 'relative error of the slope'
eval log_x
eval log_y
set xtics 100
set xrange [1e-15:0.2]
set yrange [1e-12:10]
set key maxrows 3
both = data('01_derivatives-float')
plot both using 1:2 with linespoints lt 2 title 'forward, float', \
     both using 1:3 with linespoints lt 4 title 'central, float', \
     both using 1:4 with lines lt 6 title 'forward, double', \
     both using 1:5 with lines lt 1 title 'central, double', \
     data('01_derivatives-float_optimum') using 1:2 with points lt 5 pt 7 ps 1.4 \
     title 'predicted optimum', \
     data('01_derivatives-optimum_2') using 1:2 with points lt 5 pt 7 ps 1.4 notitle

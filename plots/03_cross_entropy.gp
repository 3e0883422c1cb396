# SPDX-License-Identifier: MIT
load 'plots/style.gp'

eval figure_high('03_cross_entropy-losses', 2)
set multiplot layout 2,1
set title 'What a prediction costs that should be 1'
set xlabel 'probability p of the right class'
set ylabel 'loss'
set yrange [0:4]
plot data('03_cross_entropy-probability') using 1:2 with lines lt 1 title 'cross-entropy, -ln p', \
     data('03_cross_entropy-probability') using 1:3 with lines lt 2 title 'squared error, (1 - p)^2'
set title 'The same against the logit'
set xlabel 'logit z'
set ylabel 'loss'
set yrange [0:10]
set xrange [-10:6]
plot data('03_cross_entropy-logit') using 1:2 with lines lt 1 title 'cross-entropy', \
     data('03_cross_entropy-logit') using 1:3 with lines lt 2 title 'squared error', \
     -x with lines lt REFERENCE title '-z'
unset multiplot

eval figure_high('03_cross_entropy-slopes', 2)
set multiplot layout 2,1
set title 'How strongly a wrong logit is pulled back'
set xlabel 'logit z (the right answer is 1)'
set ylabel 'size of the slope'
set xrange [-10:6]
set yrange [1e-5:2]
eval log_y
plot data('03_cross_entropy-logit') using 1:4 with lines lt 1 title 'cross-entropy, 1 - p', \
     data('03_cross_entropy-logit') using 1:5 with lines lt 2 title 'squared error, 2p(1 - p)^2', \
     2*exp(x) with lines lt REFERENCE title '2e^z'
unset logscale y
set format y '%g'
set ytics autofreq
set mytics default
set yrange [-0.15:0.3]
set title 'The squared error is not convex in the logit'
set ylabel 'curvature'
plot data('03_cross_entropy-logit') using 1:6 with lines lt 1 title 'cross-entropy', \
     data('03_cross_entropy-logit') using 1:7 with lines lt 2 title 'squared error', \
     0 with lines lt REFERENCE notitle
unset multiplot

eval figure('03_cross_entropy-training')
set title 'Logistic regression on four points'
set xlabel 'epoch'
set ylabel 'cross-entropy (nats)'
set xrange [0:1000]
set yrange [0.4:0.72]
plot data('03_cross_entropy-training') using 1:2 with lines lt 1 title 'this program', \
     data('03_cross_entropy-reference') using 1:2 with points lt 2 ps 1.2 \
         title 'computed elsewhere, 40 digits', \
     log(2) with lines lt REFERENCE title 'ln 2: knows nothing'

eval figure_high('03_cross_entropy-separable', 2)
set multiplot layout 2,1
set title 'Separable data: the weights grow without end'
set xlabel 'steps'
set ylabel 'norm of the weights w'
eval log_x
set yrange [0:18]
plot data('03_cross_entropy-separable') using 1:4 with linespoints lt 1 title 'separable (0, 0, 1, 1)', \
     data('03_cross_entropy-separable') using 1:7 with linespoints lt 2 title 'not separable (0, 1, 0, 1)', \
     data('03_cross_entropy-separable') using 1:5 with lines lt REFERENCE title 'predicted (3.58)'
set title 'Separable data: the loss has no minimum, it falls like 1/steps'
set ylabel 'loss (nats)'
set yrange [1e-3:1]
eval log_y
plot data('03_cross_entropy-separable') using 1:2 with linespoints lt 1 title 'separable (0, 0, 1, 1)', \
     data('03_cross_entropy-separable') using 1:6 with linespoints lt 2 title 'not separable (0, 1, 0, 1)', \
     data('03_cross_entropy-separable') using 1:3 with lines lt REFERENCE title 'predicted: 26 / (rate x steps)'
unset multiplot

eval figure('03_cross_entropy-stall')
set title 'Starts from which all four points were learned'
set xlabel 'steps'
set ylabel 'share of the starts (percent)'
eval log_x
set yrange [0:105]
plot data('03_cross_entropy-stall') using 1:2 with steps lt 1 title 'cross-entropy', \
     data('03_cross_entropy-stall') using 1:3 with steps lt 2 title 'squared error'

# SPDX-License-Identifier: MIT
load 'plots/style.gp'

eval figure('05_optimizers-rates')
set title 'A bowl 100 times as steep across as along'
set xlabel 'step'
set ylabel 'distance from the minimum'
eval log_y
set yrange [1e-26:1e2]
plot data('05_optimizers-rates') using 1:2 every 5 with linespoints lt 1 title 'descent', \
     data('05_optimizers-rates') using 1:4 every 5 with linespoints lt 3 title 'Nesterov', \
     data('05_optimizers-rates') using 1:3 every 5 with linespoints lt 2 title 'momentum', \
     (99.0/101)**x with lines lt REFERENCE title 'promised: (99/101)^t, 0.9^t, (9/11)^t', \
     0.9**x with lines lt REFERENCE notitle, \
     (9.0/11)**x with lines lt REFERENCE notitle

# The contours f = c, as two branches.
ellipse(x, c) = 2*c > x*x ? sqrt((2*c - x*x)/20) : NaN
bend(x, c) = c > (1 - x)**2 ? sqrt((c - (1 - x)**2)/100) : NaN

eval figure_high('05_optimizers-bowl', 2)
set multiplot layout 2,1
set title 'The first 60 steps of five rules in a bowl'
set xrange [-10:6]
set yrange [-3:3]
set samples 1000
set ylabel 'w_2'
set label 1 '' at 0,0 point pt 1 ps 2 front
contours = "for [c in '0.5 3 10 25 50 100'] ellipse(x, c) with lines lt REFERENCE lw 0.8 notitle, " . \
           "for [c in '0.5 3 10 25 50 100'] -ellipse(x, c) with lines lt REFERENCE lw 0.8 notitle"
plot @contours, \
     data('05_optimizers-bowl') index 0 using 1:2 with linespoints lt 1 title 'descent, 0.09', \
     data('05_optimizers-bowl') index 1 using 1:2 with linespoints lt 2 title 'momentum, 0.02'
unset title
set xlabel 'w_1'
plot @contours, \
     data('05_optimizers-bowl') index 2 using 1:2 with linespoints lt 3 title 'Nesterov, 0.02', \
     data('05_optimizers-bowl') index 3 using 1:2 with linespoints lt 4 title 'RMSProp, 0.3', \
     data('05_optimizers-bowl') index 4 using 1:2 with linespoints lt 5 title 'Adam, 0.6'
unset multiplot

eval figure_high('05_optimizers-valley', 2)
set multiplot layout 2,1
set title 'The valley of Rosenbrock: paths of 3000 steps, every tenth drawn'
set xrange [-1.6:1.6]
set yrange [-0.6:2]
set samples 2000
set xlabel 'w_1'
set ylabel 'w_2'
set label 1 '' at 1,1 point pt 1 ps 2 front
valleys = "for [c in '0.3 2 8 30 120'] x*x + bend(x, c) with lines lt REFERENCE lw 0.8 notitle, " . \
          "for [c in '0.3 2 8 30 120'] x*x - bend(x, c) with lines lt REFERENCE lw 0.8 notitle"
plot @valleys, \
     data('05_optimizers-valley') index 1 using 1:2 with linespoints lt 2 title 'momentum, 0.0004', \
     data('05_optimizers-valley') index 4 using 1:2 with linespoints lt 5 title 'Adam, 0.05'
unset title
unset label 1
set xlabel 'step'
set ylabel 'f'
eval log_y
set xrange [0:3000]
set yrange [1e-10:1e2]
plot data('05_optimizers-valley') index 0 using 3:4 every 10 with linespoints lt 1 title 'descent, 0.0015', \
     data('05_optimizers-valley') index 1 using 3:4 every 10 with linespoints lt 2 title 'momentum, 0.0004', \
     data('05_optimizers-valley') index 2 using 3:4 every 10 with linespoints lt 3 title 'Nesterov, 0.0004', \
     data('05_optimizers-valley') index 3 using 3:4 every 10 with linespoints lt 4 title 'RMSProp, 0.005', \
     data('05_optimizers-valley') index 4 using 3:4 every 10 with linespoints lt 5 title 'Adam, 0.05'
unset multiplot

eval figure('05_optimizers-xor')
set title 'Exclusive or: sweeps until it is learned'
set xlabel 'sweeps over the four patterns'
set ylabel 'share of the starts that have learned'
eval log_x
set xrange [100:20000]
set yrange [0:1.02]
set arrow 1 from 558,0 to 558,1.02 nohead lt REFERENCE
set label 1 '558, published' at 590,0.06
plot data('05_optimizers-xor') using 5:1 with steps lt 1 title 'each pattern, momentum 0.9', \
     data('05_optimizers-xor') using 4:1 with steps lt 2 title 'batch, momentum 0.9', \
     data('05_optimizers-xor') using 3:1 with steps lt 3 title 'each pattern, no momentum', \
     data('05_optimizers-xor') using 2:1 with steps lt 4 title 'batch, no momentum'

eval figure('05_optimizers-noise')
set title 'Four times the batch, a quarter of the variance'
set xlabel 'batch'
set ylabel 'mean of |g - mean g|^2'
eval log_y
set logscale x 2
plot data('05_optimizers-noise') using 1:2 with points lt 1 ps 1.3 title 'at the start', \
     data('05_optimizers-noise') using 1:4 with points lt 2 ps 1.3 title 'after training', \
     data('05_optimizers-noise') using 1:3 with lines lt REFERENCE title 'law: variance of one gradient / batch', \
     data('05_optimizers-noise') using 1:5 with lines lt REFERENCE notitle

eval figure_high('05_optimizers-schedules', 2)
set multiplot layout 2,1
set title 'Three schedules on the digits'
set ylabel 'learning rate'
set xrange [0:7]
set yrange [0:2.2]
plot data('05_optimizers-schedule') using 1:2 with lines lt 1 title 'constant', \
     data('05_optimizers-schedule') using 1:3 with lines lt 2 title 'cosine', \
     data('05_optimizers-schedule') using 1:4 with lines lt 3 title 'cosine with restarts'
unset title
set xlabel 'epoch'
set ylabel 'training loss (nats), median of the seeds'
set logscale y
set yrange [0.015:0.4]
set ytics (0.02, 0.05, 0.1, 0.2, 0.3)
plot data('05_optimizers-schedules') using 1:2 with linespoints lt 1 title 'constant', \
     data('05_optimizers-schedules') using 1:3 with linespoints lt 2 title 'cosine', \
     data('05_optimizers-schedules') using 1:4 with linespoints lt 3 title 'cosine with restarts'
unset multiplot

eval figure('05_optimizers-ridge')
set title 'Training with dropout ends where the ridge is least'
set xlabel 'p, the probability of being dropped'
set ylabel 'error against the teacher'
set xrange [-0.02:0.92]
set style fill transparent solid 0.25 noborder
plot data('05_optimizers-ridge') using 1:3:4 with filledcurves lc rgb '#0072b2' title 'ridge, minimum to maximum', \
     data('05_optimizers-ridge') using 1:2 with lines lt 1 title 'ridge, median of the seeds', \
     data('05_optimizers-ridge') using 1:5 with points lt 2 ps 1.3 title 'trained with dropout, median'

eval figure_high('05_optimizers-learned', 2)
set multiplot layout 2,1
set title 'Four learning rates, learned'
set ylabel 'learning rate'
set yrange [0:1.1]
plot data('05_optimizers-learned') using 1:3 every 10 with linespoints lt 1 title 'step 0', \
     data('05_optimizers-learned') using 1:4 every 10 with linespoints lt 2 title 'step 1', \
     data('05_optimizers-learned') using 1:5 every 10 with linespoints lt 3 title 'step 2', \
     data('05_optimizers-learned') using 1:6 every 10 with linespoints lt 4 title 'step 3', \
     for [a in '1 2.5 6 10'] 1.0/a with lines lt REFERENCE title (a eq '1' ? '1/curvature' : '')
unset title
set xlabel 'round'
set ylabel 'F, after four steps'
eval log_y
set yrange [1e-12:1]
plot data('05_optimizers-learned') using 1:2 every 5 with linespoints lt 5 title 'learned rates', \
     0.140368 with lines lt REFERENCE title 'the best constant rate'
unset multiplot

eval figure('05_optimizers-reddi')
set title 'The best x is -1: Adam goes to +1, AMSGrad to -1'
set xlabel 'step'
set ylabel 'x'
eval log_x
set xrange [1:600000]
set yrange [-1.1:1.1]
plot data('05_optimizers-reddi') using 1:2 every 2 with linespoints title 'Adam', \
     data('05_optimizers-reddi') using 1:3 every 2 with linespoints title 'AMSGrad', \
     -1 with lines lt REFERENCE title 'the best x'

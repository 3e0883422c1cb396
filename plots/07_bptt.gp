# SPDX-License-Identifier: MIT
load 'plots/style.gp'

eval figure('07_bptt-window')
set title 'What a window of K steps loses of the gradient'
set xlabel 'window K (time steps)'
set ylabel 'relative error of dU, median'
eval log_y
set ytics 100
set xrange [0:33]
plot data('07_bptt-window') using 1:8 with linespoints title 'U stretches by 0.9, window', \
     data('07_bptt-window') using 1:10 with linespoints title 'U stretches by 0.9, blocks', \
     data('07_bptt-window') using 1:3 with linespoints title 'U stretches by 0.5, window', \
     data('07_bptt-window') using 1:5 with linespoints title 'U stretches by 0.5, blocks', \
     0.9**x with lines lt REFERENCE title 'predicted: 0.9^K and 0.5^K', \
     0.5**x with lines lt REFERENCE notitle

eval figure('07_bptt-lag')
set title 'Products of Jacobians vanish or explode'
set xlabel 'lag t (time steps)'
set ylabel 'norm of dh_t/dh_0'
eval log_y
set ytics 10000
plot data('07_bptt-lag') using 1:6 every 3 with linespoints title 'random U, driven', \
     data('07_bptt-lag') using 1:4 every 3 with linespoints title 'U 1.2, at rest', \
     data('07_bptt-lag') using 1:3 every 3 with linespoints title 'U 0.9, driven', \
     data('07_bptt-lag') using 1:2 every 3 with linespoints title 'U 0.5, driven', \
     data('07_bptt-lag') using 1:5 every 3 with linespoints title 'U 1.2, saturated', \
     0.9**x with lines lt REFERENCE title 'bounds: 1.2^t, 0.9^t, 0.5^t', \
     0.5**x with lines lt REFERENCE notitle, \
     1.2**x with lines lt REFERENCE notitle

eval figure_high('07_bptt-sunspots', 2)
set multiplot layout 2,1
set title 'Sunspots, each year predicted from the years before'
set xrange [1900:1980]
set yrange [0:200]
set ylabel 'sunspot number'
set style fill transparent solid 0.35 noborder
set label 1 'training' at 1910,185 center
set label 2 'first test' at 1938,185 center
set label 3 'second test' at 1968,185 center
set arrow 1 from 1920.5,0 to 1920.5,200 nohead lt REFERENCE
set arrow 2 from 1955.5,0 to 1955.5,200 nohead lt REFERENCE
plot data('07_bptt-sunspots') using 1:4:5 with filledcurves lc rgb '#0072b2' title '12-3-1, minimum to maximum', \
     data('07_bptt-sunspots') using 1:3 with lines lt 1 title '12-3-1, median of the seeds', \
     data('07_bptt-sunspots') using 1:2 with points lt 5 pt 6 title 'observed'
unset title
set xlabel 'year'
plot data('07_bptt-sunspots') using 1:7:8 with filledcurves lc rgb '#d55e00' title 'Elman, minimum to maximum', \
     data('07_bptt-sunspots') using 1:6 with lines lt 2 title 'Elman, median of the seeds', \
     data('07_bptt-sunspots') using 1:2 with points lt 5 pt 6 title 'observed'
unset multiplot

eval figure('07_bptt-errors')
set title 'The errors of the seeds, and the cited network'
set ylabel 'squared error / 1535'
set logscale y 2
set yrange [0.06:0.7]
set xrange [0.5:3.5]
set xtics ('training 1712-1920' 1, 'test 1921-1955' 2, 'test 1956-1979' 3)
set xlabel 'years'
plot data('07_bptt-seeds') using ($1-0.12):2 with points lt 1 title '12-3-1, each seed', \
     data('07_bptt-seeds') using ($1+0.12):3 with points lt 2 title 'Elman, each seed', \
     data('07_bptt-cited') using 1:2 with points lt REFERENCE pt 2 ps 2 lw 2 title 'cited, 1990', \
     data('07_bptt-cited') using 1:3 with points lt 5 pt 4 ps 1.5 title 'straight line'

eval figure('07_bptt-overfit')
set title 'A 12-8-1 network without weight decay learns too long'
set xlabel 'steps of Adam'
set ylabel 'squared error / 1535, median'
set yrange [0.05:0.18]
set xrange [0:1500]
plot data('07_bptt-overfit') using 1:2 every 5 with linespoints title 'training, no decay', \
     data('07_bptt-overfit') using 1:3 every 5 with linespoints title 'validation, no decay', \
     data('07_bptt-overfit') using 1:5 every 5 with linespoints title 'training, decay', \
     data('07_bptt-overfit') using 1:6 every 5 with linespoints title 'validation, decay', \
     data('07_bptt-stop') using 1:2 with points lt 5 pt 2 ps 1.3 title 'where each seed would stop'

# SPDX-License-Identifier: MIT
# What `make bench` draws of bench-locate.dat.
load 'plots/style.gp'

eval figure('bench-passes')
set title 'Calls of the loss, against the size of the model'
set xlabel 'weights'
set ylabel 'calls of the loss'
eval log_x
eval log_y
set yrange [10:1e7]
plot data('bench-locate') using 1:2 with linespoints title 'every entry', \
     data('bench-locate') using 1:4 with linespoints title 'one wrong entry found', \
     data('bench-locate') using 1:6 with linespoints title 'a right gradient certified'

eval figure('bench-seconds')
set title 'The same in seconds, on one core'
set xlabel 'weights'
set ylabel 'seconds'
eval log_x
eval log_y
plot data('bench-locate') using 1:3 with linespoints title 'every entry', \
     data('bench-locate') using 1:5 with linespoints title 'one wrong entry found', \
     data('bench-locate') using 1:7 with linespoints title 'a right gradient certified'

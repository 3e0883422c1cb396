# SPDX-License-Identifier: MIT
# The figures of docs/proof.md: what `make proof` counted.
load 'plots/style.gp'

eval figure('proof-sensitivity')
set title 'How small an error is seen'
set xlabel 'error of one entry, relative to the rms of its tensor'
set ylabel 'seen (percent of the nets)'
eval log_x
set xrange [1e-15:1]
set yrange [0:105]
plot data('proof-sensitivity') using 1:2 with linespoints title 'finite differences, double', \
     data('proof-sensitivity') using 1:3 with linespoints title 'complex step', \
     data('proof-sensitivity') using 1:4 with linespoints title 'finite differences, float'

eval figure('proof-passes')
set title 'Calls of the loss, against the size of the model'
set xlabel 'weights'
set ylabel 'calls of the loss'
eval log_x
eval log_y
set yrange [10:1e7]
plot data('proof-locate') using 1:2 with linespoints title 'every entry', \
     data('proof-locate') using 1:4 with linespoints title 'one wrong entry found', \
     data('proof-locate') using 1:3 with linespoints title 'a right gradient certified'

# SPDX-License-Identifier: MIT
load 'plots/style.gp'

sigmoid(b) = 1.0 / (1 + exp(-b))

eval figure_high('08_lstm-lag', 1.3)
set title 'How far a gradient reaches into the past'
set xlabel 'lag n (time steps)'
set ylabel 'norm of dL/d(state at T - n)'
set key maxcols 2 samplen 3
eval log_y
set ytics 1e5
unset mytics
set xrange [0:100]
set yrange [1e-31:1e2]
plot sigmoid(0)**x with lines lt REFERENCE title 'sigmoid(b_f)^n for b_f = 0, 1, 2', \
     sigmoid(1)**x with lines lt REFERENCE notitle, \
     sigmoid(2)**x with lines lt REFERENCE notitle, \
     data('08_lstm-lag') using 1:6 with linespoints pi 10 lt 5 title 'LSTM, forget gate open', \
     '' using 1:5 with linespoints pi 10 lt 4 title 'LSTM, b_f = 2', \
     '' using 1:4 with linespoints pi 10 lt 3 title 'LSTM, b_f = 1', \
     '' using 1:3 with linespoints pi 10 lt 2 title 'LSTM, b_f = 0', \
     '' using 1:2 with linespoints pi 10 lt 1 title 'RNN'

eval figure('08_lstm-truncation')
set title 'What truncation leaves out grows with the recurrent weights'
set xlabel 'size of the recurrent weights'
set ylabel '|truncated - full| / |full|'
eval log_x
eval log_y
set xrange [7e-4:5]
set yrange [1e-4:1e2]
set key maxcols 2 samplen 3
plot x < 1 ? 1.1*x : NaN with lines lt REFERENCE title 'proportional to the size', \
     data('08_lstm-truncation') using 1:4 with linespoints lt 2 title 'most, of 21 networks', \
     '' using 1:3 with linespoints lt 1 title 'median', \
     '' using 1:2 with linespoints lt 3 title 'least'

eval figure('08_lstm-training')
set title 'The truncated gradient while a network learns task 6a'
set xlabel 'sequences'
set ylabel 'departure, cosine, mean error'
set yrange [0:1.6]
set key maxcols 3 samplen 3
plot data('08_lstm-training') using 1:3 with lines lt 2 title 'departure', \
     '' using 1:4 with lines lt 1 title 'cosine', \
     '' using 1:2 with lines lt 3 title 'mean error'

eval figure('08_lstm-learning')
stats data('08_lstm-learning') using 1 nooutput
seeds = STATS_blocks < 7 ? STATS_blocks : 7
set title 'Task 6a: the error while the first networks learn'
set xlabel 'sequences'
set ylabel 'mean error of the last 2000 sequences'
set yrange [0:0.5]
set key maxcols 4 samplen 3
plot for [i = 0:seeds - 1] data('08_lstm-learning') index i using 1:2 \
         with lines lt i + 1 title sprintf('network %d', i + 1), \
     0.1 with lines lt REFERENCE title 'must be below'

eval figure('08_lstm-seeds')
stats data('08_lstm-seeds') using 2 nooutput
set title 'Task 6a: sequences until success'
set xlabel 'networks, the fastest first'
set ylabel 'sequences'
set xrange [0.5:STATS_records + 0.5]
set xtics 1, STATS_records < 11 ? 1 : 5
set yrange [0:STATS_max > 50000 ? STATS_max * 1.05 : 50000]
set key maxcols 2 samplen 3
plot data('08_lstm-seeds') using 1:2 with linespoints lt 1 ps 1.2 title 'here', \
     STATS_median with lines lt 2 title 'here, median', \
     STATS_mean with lines lt 3 title 'here, mean', \
     31390 with lines lt REFERENCE title 'published mean of 20'

# The letter of a symbol, where it is X, Y, E or B.
letter(k) = k < 4 ? '' : word('X Y E B', int(k) - 3)

eval figure_high('08_lstm-gates', 2)
set multiplot layout 2, 1
set lmargin 10
set title 'The gates on one sequence (letters: all symbols but a, b, c, d)'
set xlabel 'step t'
set ylabel 'activation'
set yrange [0:1.2]
set xrange [0:111]
set key maxcols 4 samplen 3
plot data('08_lstm-gates') using 1:2 with lines lt 1 title 'input gate 1', \
     '' using 1:3 with lines lt 2 title 'input gate 2', \
     '' using 1:4 with lines lt 3 title 'output gate 1', \
     '' using 1:5 with lines lt 4 title 'output gate 2', \
     '' using 1:(1.12):(letter($10)) with labels notitle
set title 'What the cells hold'
set xlabel 'step t'
set ylabel 'cell state s_t'
set autoscale y
plot data('08_lstm-gates') using 1:6 with lines lt 1 title 'block 1, cell 1', \
     '' using 1:7 with lines lt 2 title 'block 1, cell 2', \
     '' using 1:8 with lines lt 3 title 'block 2, cell 1', \
     '' using 1:9 with lines lt 4 title 'block 2, cell 2'
unset multiplot

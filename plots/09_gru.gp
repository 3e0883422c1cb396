# SPDX-License-Identifier: MIT
load 'plots/style.gp'

sigmoid(b) = 1.0 / (1 + exp(-b))

eval figure_high('09_gru-lag', 1.3)
set title 'How far a gradient reaches: RNN, LSTM and GRU'
set xlabel 'lag n (time steps)'
set ylabel 'norm of dL/d(state at T - n)'
set key maxcols 2 samplen 3
eval log_y
set ytics 1e5
unset mytics
set xrange [0:100]
set yrange [1e-31:1e2]
plot sigmoid(0)**x with lines lt REFERENCE title 'sigmoid(b)^n for b = 0, 2', \
     sigmoid(2)**x with lines lt REFERENCE notitle, \
     data('09_gru-lag-gru') using 1:6 with linespoints pi 10 lt 5 title 'GRU, update gate holds', \
     '' using 1:5 with linespoints pi 10 lt 4 title 'GRU, b_z = 2', \
     data('09_gru-lag') using 1:5 with linespoints pi 10 lt 6 title 'LSTM, b_f = 2', \
     data('09_gru-lag-gru') using 1:2 with linespoints pi 10 lt 3 title 'GRU, b_z = 0', \
     data('09_gru-lag') using 1:3 with linespoints pi 10 lt 2 title 'LSTM, b_f = 0', \
     '' using 1:2 with linespoints pi 10 lt 1 title 'RNN'

eval figure('09_gru-forms')
set title 'Reset before or after the matrix, b_z = 0: the same reach'
set xlabel 'lag n (time steps)'
set ylabel 'norm of dL/dh_{T-n}'
eval log_y
set xrange [0:100]
set ytics 1e5
unset mytics
set key maxcols 3 samplen 3
plot sigmoid(0)**x with lines lt REFERENCE title '2^{-n}', \
     data('09_gru-lag-gru') using 1:2 with linespoints pi 10 lt 1 title 'before', \
     '' using 1:3 with linespoints pi 14 lt 2 title 'after'

eval figure('09_gru-learned')
stats data('09_gru-learned') using 1 nooutput
set title '180 weights, or one gate fixed: how fast networks learn'
set xlabel 'networks, the fastest first'
set ylabel 'batches until learned'
set xrange [0.5:STATS_records + 0.5]
set xtics 1, STATS_records < 11 ? 1 : 5
set yrange [0:*]
set key maxcols 3 samplen 3
plot data('09_gru-learned') using 1:2 with linespoints lt 1 title 'GRU', \
     '' using 1:3 with linespoints lt 7 title 'GRU, after', \
     '' using 1:4 with linespoints lt 3 title 'GRU, r = 1', \
     '' using 1:6 with linespoints lt 2 title 'LSTM', \
     '' using 1:7 with linespoints lt 4 title 'LSTM, f = 1', \
     '' using 1:8 with linespoints lt 5 title 'LSTM, i = 1', \
     '' using 1:9 with linespoints lt 6 title 'LSTM, o = 1'

eval figure_high('09_gru-gates', 2)
set multiplot layout 2, 1
set lmargin 10
set title 'The gates of the GRU (the two symbols at 3 and 13)'
set xlabel 'step t'
set ylabel 'mean activation'
set yrange [0:1]
set xrange [1:20]
set key maxcols 3 samplen 3
plot data('09_gru-gates') using 1:2 with linespoints lt 1 title 'z: keep', \
     '' using 1:(1 - $2) with linespoints lt 2 title '1 - z: write', \
     '' using 1:3 with linespoints lt 3 title 'r: reset'
set title 'The gates of the LSTM'
set xlabel 'step t'
set ylabel 'mean activation'
plot data('09_gru-gates') using 1:4 with linespoints lt 1 title 'f: keep', \
     '' using 1:5 with linespoints lt 2 title 'i: write', \
     '' using 1:6 with linespoints lt 3 title 'o: show'
unset multiplot

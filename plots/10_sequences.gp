# SPDX-License-Identifier: MIT
load 'plots/style.gp'

eval figure('10_sequences-checkpoints')
set title 'What is kept for the way back, 100 steps of 16 units'
set xlabel 'steps from one checkpoint to the next, S'
set ylabel 'numbers kept'
set logscale x 10
set logscale y 10
set yrange [800:20000]
set xtics (1, 2, 5, 10, 20, 50, 100)
set ytics (1000, 2000, 5000, 10000)
set arrow 1 from sqrt(100/3.0),800 to sqrt(100/3.0),20000 nohead lt REFERENCE
set label 1 'S = sqrt(T/3)' at 6.2,5000 left
plot data('10_sequences-checkpoints') using 1:2 with points title 'with checkpoints', \
     data('10_sequences-checkpoints') using 1:3 with lines title 'plain: every step', \
     data('10_sequences-checkpoints') using 1:4 with lines lt REFERENCE title 'predicted: 2 H T/S + 6 H S + 2 H'

eval figure('10_sequences-recall')
set title 'Only the state can count: recall against length'
set xlabel 'characters of the text'
set ylabel 'fraction recalled'
set logscale x 2
set xrange [*:*] noextend
set offsets graph 0.05, graph 0.05, 0, 0
set yrange [0:1.05]
plot data('10_sequences-recall') using 1:5 with linespoints title 'fed back, least of the networks', \
     data('10_sequences-recall') using 1:3:2:4 with yerrorlines title 'withheld: median, least to most', \
     data('10_sequences-recall') using 1:7 with lines lt REFERENCE title 'always the same character: 1/T'

eval figure('10_sequences-thousand')
set title 'Right with a teacher, lost without: 1000 characters'
set xlabel 'epoch'
set ylabel 'fraction of right characters'
set yrange [0:1.05]
plot data('10_sequences-thousand') using 1:3 with linespoints title 'forced: the true character before', \
     data('10_sequences-thousand') using 1:4 with linespoints title 'free: its own output', \
     data('10_sequences-thousand') using 1:($5/1000) with linespoints title 'free, until the first wrong one'

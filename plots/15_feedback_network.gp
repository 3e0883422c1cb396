# SPDX-License-Identifier: MIT
load 'plots/style.gp'

eval figure('15_feedback_network-parity')
set title 'Parity: without the loop nothing is learned'
set xlabel 'step of training'
set ylabel 'loss (nats), median'
eval log_y
set yrange [0.006:1.2]
plot data('15_feedback_network-parity') using 1:2 with linespoints pointinterval 5 title 'all parts', \
     data('15_feedback_network-parity') using 1:3 with linespoints pointinterval 5 title 'no feedback', \
     data('15_feedback_network-parity') using 1:4 with linespoints pointinterval 5 title 'no attention', \
     data('15_feedback_network-parity') using 1:5 with linespoints pointinterval 5 title 'no gate', \
     data('15_feedback_network-parity') using 1:6 with linespoints pointinterval 5 title 'no residual', \
     data('15_feedback_network-parity') using 1:8 with linespoints pointinterval 5 title 'none of them', \
     log(2) with lines lt REFERENCE title 'guessing: ln 2'

eval figure('15_feedback_network-length')
set title 'The loop has learned a rule, not a length'
set xlabel 'length T of the sequence (bits); trained at 8'
set ylabel 'accuracy'
set yrange [0.4:1.05]
plot data('15_feedback_network-length') using 1:3 with linespoints title 'all parts, median', \
     data('15_feedback_network-length') using 1:4 with linespoints title 'no feedback, median', \
     data('15_feedback_network-length') using 1:2 with linespoints title 'all parts, least', \
     data('15_feedback_network-length') using 1:5 with linespoints title 'no feedback, most', \
     0.5 with lines lt REFERENCE title 'guessing'

eval figure('15_feedback_network-recall')
set title 'Recall: the loop marks the place, attention reaches it'
set xlabel 'step of training'
set ylabel 'loss (nats), median'
eval log_y
set yrange [0.006:2.5]
plot data('15_feedback_network-recall') using 1:2 with linespoints pointinterval 5 title 'all parts', \
     data('15_feedback_network-recall') using 1:3 with linespoints pointinterval 5 title 'no feedback', \
     data('15_feedback_network-recall') using 1:4 with linespoints pointinterval 5 title 'no attention', \
     data('15_feedback_network-recall') using 1:5 with linespoints pointinterval 5 title 'no gate', \
     data('15_feedback_network-recall') using 1:6 with linespoints pointinterval 5 title 'no residual', \
     data('15_feedback_network-recall') using 1:8 with linespoints pointinterval 5 title 'none of them', \
     log(6) with lines lt REFERENCE title 'guessing: ln 6'

eval figure('15_feedback_network-auxiliary')
set title 'An auxiliary loss shortens the training'
set xlabel 'weight lambda of the auxiliary loss'
set ylabel 'steps until learned; 400 is the end'
set xrange [-0.3:7.3]
set yrange [0:420]
plot data('15_feedback_network-auxiliary') using 1:5 with linespoints title 'median', \
     data('15_feedback_network-auxiliary') using 1:6 with linespoints title 'slowest seed'

eval figure('15_feedback_network-stages')
set title 'In stages: the loss falls when all is trained'
set xlabel 'step of training'
set ylabel 'loss (nats), median'
eval log_y
set yrange [0.006:3]
set arrow 1 from 60,0.006 to 60,3 nohead lt REFERENCE
set arrow 2 from 120,0.006 to 120,3 nohead lt REFERENCE
set label 1 'no loop' at 30,1.6 center
set label 2 'loop alone' at 90,1.6 center
set label 3 'all of it' at 155,1.6 center
plot data('15_feedback_network-stages') using 1:2 with linespoints pointinterval 3 title 'all at once', \
     data('15_feedback_network-stages') using 1:3 with linespoints pointinterval 3 title 'in stages'

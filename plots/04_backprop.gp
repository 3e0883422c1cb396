# SPDX-License-Identifier: MIT
load 'plots/style.gp'

eval figure('04_backprop-xor')
set title 'XOR by plain descent: long plateaus, then a sudden end'
set xlabel 'sweeps over the four cases'
set ylabel 'loss L, sum over the four cases'
set xrange [0:10000]
set yrange [0:0.6]
set key maxcols 2 samplen 3
plot for [i = 0:5] data('04_backprop-xor') index i using 1:2 with lines lt 1 \
         title i ? '' : '2-2-1, six networks', \
     for [i = 6:11] data('04_backprop-xor') index i using 1:2 with lines lt 2 \
         title i > 6 ? '' : '2-1-1 with links, six networks', \
     0.5 with lines lt REFERENCE title 'every output 1/2'

eval figure('04_backprop-start')
set title 'How large values and gradients are, layer by layer (tanh)'
set xlabel 'layer l'
set ylabel 'root mean square'
eval log_y
set xrange [0:6]
set yrange [0.02:1.5]
set key maxcols 2 samplen 3
plot data('04_backprop-start') using 1:2 with linespoints lt 1 title 'a_l, N Var(W) = 1/3', \
     '' using 1:3 with linespoints lt 2 title 'a_l, N Var(W) = 1', \
     '' using 1:4 with linespoints lt 3 title 'dz_l, N Var(W) = 1/3', \
     '' using 1:5 with linespoints lt 4 title 'dz_l, N Var(W) = 1', \
     0.027*3**((6 - x)/2) with lines lt REFERENCE title 'predicted slope: 3^{-l/2}'

eval figure('04_backprop-relu')
set title 'ReLU, 30 layers: 2/N keeps the size, 1/N halves it each time'
set xlabel 'layer l'
set ylabel 'mean square of a_l'
eval log_y
set ytics 1e2
set xrange [0:30]
set yrange [1e-10:1e2]
plot data('04_backprop-relu') using 1:2 with linespoints lt 1 title 'N Var(W) = 2', \
     '' using 1:3 with linespoints lt 2 title 'N Var(W) = 1', \
     1 with lines lt REFERENCE title 'predicted: 1, and 2^{-l}', \
     2**-x with lines lt REFERENCE notitle

eval figure('04_backprop-modes')
set title 'A linear network of two layers learns one mode after the other'
set xlabel 'time (rate times steps)'
set ylabel 'strength u of a mode'
set xrange [0:6]
set yrange [-0.2:5.5]
set key maxcols 3 samplen 3
plot data('04_backprop-theory') using 1:2 with lines lt REFERENCE lw 4 title 'closed form', \
     '' using 1:3 with lines lt REFERENCE lw 4 notitle, \
     '' using 1:4 with lines lt REFERENCE lw 4 notitle, \
     data('04_backprop-modes') using 1:2 with lines lt 1 title 's = 5, balanced', \
     '' using 1:3 with lines lt 2 title 's = 3, balanced', \
     '' using 1:4 with lines lt 3 title 's = 1, balanced', \
     '' using 1:5 with lines lt 4 title 's = 5, random', \
     '' using 1:6 with lines lt 5 title 's = 3, random', \
     '' using 1:7 with lines lt 6 title 's = 1, random'

eval figure('04_backprop-digits')
set title 'Handwritten digits: what is still wrong, epoch by epoch'
set xlabel 'epochs'
set ylabel 'digits in the wrong class (%)'
set yrange [0:20]
set key maxcols 2 samplen 3
plot data('04_backprop-regression') using 1:4 with linespoints lt 1 title 'regression, test', \
     '' using 1:3 with linespoints lt 3 title 'regression, trained on', \
     data('04_backprop-network') using 1:4 with linespoints lt 2 title '64-64-10, test', \
     '' using 1:3 with linespoints lt 4 title '64-64-10, trained on', \
     100.0*35/899 with lines lt REFERENCE title 'nearest neighbour, test'

eval figure('04_backprop-factors')
set title 'Hidden pixels: more factors guess better, but less and less so'
set xlabel 'factors K'
set ylabel 'root mean square error'
set xrange [-0.3:8.3]
set yrange [0:0.35]
set key maxcols 2 samplen 3
plot data('04_backprop-factors') using 1:3:2:4 with yerrorbars lt 2 title 'hidden: least, median, most', \
     '' using 1:3 with lines lt 2 notitle, \
     '' using 1:5 with linespoints lt 1 title 'shown, median'

eval figure('04_backprop-hidden')
set title 'Hidden pixels: the error while eight factors are learnt'
set xlabel 'steps'
set ylabel 'root mean square error'
set xrange [0:100]
set yrange [0:0.7]
plot data('04_backprop-hidden') using 1:3 with lines lt 2 title 'hidden pixels', \
     '' using 1:2 with lines lt 1 title 'pixels shown'

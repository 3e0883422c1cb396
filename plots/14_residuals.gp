# SPDX-License-Identifier: MIT
load 'plots/style.gp'

eval figure_high('14_residuals-depth', 1.2)
set key maxcols 2 samplen 3
set title 'What is left of a gradient in front of a deep stack'
set xlabel 'depth (layers or blocks)'
set ylabel 'gradient in front / gradient behind'
eval log_y
set ytics 1e5
set yrange [1e-26:1e16]
plot data('14_residuals-depth') using 1:2 with linespoints lt 1 title 'plain tanh, standard', \
     '' using 1:3 with linespoints lt 2 title 'plain tanh, Glorot', \
     '' using 1:4 with linespoints lt 3 title 'plain ReLU, Glorot', \
     '' using 1:5 with linespoints lt 4 title 'plain ReLU, He', \
     '' using 1:6 with linespoints lt 5 title 'residual tanh', \
     '' using 1:7 with linespoints lt 6 title 'residual ReLU', \
     '' using 1:8 with linespoints lt 7 title 'residual ReLU, scaled', \
     2**(x/2) with lines lt REFERENCE title 'predicted: 2^{L/2}', \
     2**(-x/2) with lines lt REFERENCE title 'predicted: 2^{-L/2}'

eval figure('14_residuals-shortcut')
set title 'A shortcut scaled by anything but 1'
set xlabel 'depth L (blocks)'
set ylabel 'lambda^L, the shortcut alone'
eval log_y
set yrange [1e-20:1e5]
plot data('14_residuals-shortcut') using 1:2 with linespoints lt 1 title 'lambda = 0.5', \
     '' using 1:3 with linespoints lt 2 title 'lambda = 0.9', \
     '' using 1:4 with linespoints lt 3 title 'lambda = 1', \
     '' using 1:5 with linespoints lt 4 title 'lambda = 1.1'

# SPDX-License-Identifier: MIT
load 'plots/style.gp'

eval figure('11_attention-variance')
set title 'The variance of a dot product grows with its width'
set xlabel 'width D of query and key'
set ylabel 'variance of the score'
set logscale xy 2
set yrange [0.5:2048]
plot data('11_attention-width') using 1:2 with points lt 1 ps 1.2 title 'q . k', \
     data('11_attention-width') using 1:3 with linespoints lt 2 title 'q . k / sqrt(D)', \
     x with lines lt REFERENCE title 'predicted: D', \
     1 with lines lt REFERENCE title 'predicted: 1'

eval figure('11_attention-slope')
set title 'Without 1/sqrt(D) the softmax saturates'
set xlabel 'width D of query and key'
set ylabel 'mean over the draws'
set logscale x 2
set logscale y 10
set yrange [0.005:1.2]
plot data('11_attention-width') using 1:4 with linespoints lt 1 title 'largest weight, scaled', \
     data('11_attention-width') using 1:5 with linespoints lt 2 title 'largest weight, raw', \
     data('11_attention-width') using 1:6 with linespoints lt 3 title 'gradient |dw_1/dz|, scaled', \
     data('11_attention-width') using 1:7 with linespoints lt 4 title 'gradient |dw_1/dz|, raw'

# SPDX-License-Identifier: MIT
load 'plots/style.gp'

eval figure('12_additive_attention-accuracy')
set title 'Saying it backwards: accuracy against length'
set xlabel 'length of the sentence (symbols)'
set ylabel 'share of right symbols'
set xrange [1:17]
set xtics 2
set yrange [0:1.05]
set key maxcols 2 samplen 3
set arrow 1 from 10, 0 to 10, 1.05 nohead lt REFERENCE
plot data('12_additive_attention-accuracy') using 1:6:5:7 with yerrorlines lt 1 title 'with attention', \
     '' using 1:3:2:4 with yerrorlines lt 2 title 'without', \
     0.2 with lines lt REFERENCE title 'a guess; longest of the training'

eval figure('12_additive_attention-learning')
set title 'The loss while they learn'
set xlabel 'batches'
set ylabel 'cross-entropy (nats a symbol)'
set yrange [0:1.7]
set key maxcols 3 samplen 3
plot data('12_additive_attention-learning') using 1:2:3:4 with yerrorlines lt 2 title 'without attention', \
     '' using 1:5:6:7 with yerrorlines lt 1 title 'with attention', \
     log(5) with lines lt REFERENCE title 'a guess: ln 5'

eval figure('12_additive_attention-weights')
set title 'How much of the weight lies on the symbol that is due'
set xlabel 'length of the sentence (symbols)'
set ylabel 'weight (median)'
set xrange [1:17]
set xtics 2
set yrange [0:1.05]
set key maxcols 3 samplen 3
plot data('12_additive_attention-weights') using 1:3 with linespoints lt 2 title 'on it or next to it', \
     '' using 1:2 with linespoints lt 1 title 'on it', \
     '' using 1:4 with lines lt REFERENCE title 'all equal: 1/N'

# The heat map: as an image, and on a terminal as digits (tenths of the weight).
eval figure_high('12_additive_attention-alignment', 1.4)
set title 'The alignment: where the decoder looks'
set xlabel 'symbol of the source'
set ylabel 'step of the decoder'
set xrange [0.5:10.5]
set yrange [10.5:0.5]
set xtics 1
set ytics 1
unset grid
unset key
if (TEXT) {
    plot data('12_additive_attention-alignment') using 1:2:(sprintf('%.0f', 10*$3)) with labels
} else {
    set size ratio 1
    set cblabel 'weight'
    set palette defined (0 '#ffffff', 0.5 '#56b4e9', 1 '#003366')
    set cbrange [0:*]
    plot data('12_additive_attention-alignment') using 1:2:3 with image
}

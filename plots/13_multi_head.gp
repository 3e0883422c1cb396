# SPDX-License-Identifier: MIT
load 'plots/style.gp'

eval figure('13_multi_head-places')
set title 'One look cannot be in two places'
set xlabel 'training step'
set ylabel 'mean squared error of a component'
eval log_y
set xrange [0:300]
set yrange [0.0005:3]
plot data('13_multi_head-places') using 1:2:4 with filledcurves fs solid 0.2 lt 1 notitle, \
     '' using 1:5:7 with filledcurves fs solid 0.2 lt 2 notitle, \
     '' using 1:3 with lines lt 1 title 'one head, median of 10 (shaded: all)', \
     '' using 1:6 with lines lt 2 title 'two heads of half the width', \
     0.5 with lines lt REFERENCE title 'bound for one head: 1/2'

eval figure('13_multi_head-induction')
set title 'Two layers find the rule, one layer does not'
set xlabel 'training step'
set ylabel 'loss where the sequence repeats itself (nats)'
stats data('13_multi_head-induction') using 1 nooutput
networks = STATS_blocks
set xrange [0:STATS_max]
set yrange [0:2.3]
plot for [i = 0:networks - 1] data('13_multi_head-induction') index i using 1:2 \
         with lines lt 1 title i ? '' : 'one layer, each network', \
     for [i = 0:networks - 1] '' index i using 1:3 \
         with lines lt 2 title i ? '' : 'two layers, each network', \
     log(8) with lines lt REFERENCE title 'chance: ln 8'

# Where the two layers of one network look: a row a query, a column a key.
eval figure_high('13_multi_head-pattern', TEXT ? 2 : 1)
set multiplot layout TEXT ? 2 : 1, TEXT ? 1 : 2
unset key
set xlabel 'key (position)'
set ylabel 'query (position)'
set xrange [-0.5:23.5]
set yrange [23.5:-0.5]
set cbrange [0:1]
unset colorbox
set palette defined (0 'white', 1 '#0072b2')
do for [i = 0:1] {
    set title i ? 'Layer 2: what came next' : 'Layer 1: just before'
    if (TEXT) {
        plot data('13_multi_head-pattern') index i \
            using 2:($3 > 0.25 ? $1 : NaN) with points pt 7
    } else {
        plot data('13_multi_head-pattern') index i using 2:1:3 with image
    }
}
unset multiplot

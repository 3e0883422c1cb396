# SPDX-License-Identifier: MIT
load 'plots/style.gp'

eval figure('06_feedback-bifurcation')
set title 'Where x <- tanh(w x) ends'
set xlabel 'weight of the loop w'
set ylabel 'states in the long run'
set xrange [-2.5:2.5]
set yrange [-1.15:1.15]
set label 1 'two states in turn' at -1.75,0.12 center
set label 2 'one state: 0' at 0,0.2 center
set label 3 'one of two states' at 1.75,0.12 center
set arrow 1 from -1,-1.15 to -1,1.15 nohead lt REFERENCE
set arrow 2 from 1,-1.15 to 1,1.15 nohead lt REFERENCE
near(w) = abs(w) > 1 && abs(w) < 1.5 ? sqrt(3*(abs(w)-1)/abs(w)**3) : NaN
plot data('06_feedback-bifurcation') index 0 using 1:2 every 2 with points lt 1 title 'from 1/2: x', \
     data('06_feedback-bifurcation') index 0 using 1:3 every 2 with points lt 2 pt 6 ps 1.1 title 'from 1/2: the state after x', \
     data('06_feedback-bifurcation') index 1 using 1:2 every 2::1 with points lt 3 ps 0.6 title 'from -1/2: x', \
     near(x) with lines lt REFERENCE title 'near |w| = 1: x^2 = 3 (|w|-1) / |w|^3', \
     -near(x) with lines lt REFERENCE notitle

eval figure('06_feedback-noise')
set title 'A loop makes noise of variance 1 larger'
set xlabel 'weight of the loop w'
set ylabel 'variance of x'
set xrange [-1:1]
set yrange [0:14]
plot data('06_feedback-noise') using 1:4:3:5 with yerrorbars lt 1 title 'measured: median, least, most', \
     abs(x) < 0.99 ? 1/(1-x**2) : NaN with lines lt REFERENCE title 'predicted: 1/(1-w^2)'

eval figure('06_feedback-implicit')
set title 'K passes unrolled approach the implicit gradient'
set xlabel 'passes K'
set ylabel 'relative error of the gradient'
set logscale y
set format y POWERS
set ytics 1000
set yrange [1e-17:100]
set xrange [0:120]
plot data('06_feedback-implicit') using 1:4 every 4 with linespoints title 'gain 16', \
     data('06_feedback-implicit') using 1:3 every 4 with linespoints title 'gain 13', \
     data('06_feedback-implicit') using 1:2 with linespoints title 'gain 1', \
     data('06_feedback-implicit') using 1:7 with lines lt REFERENCE title 'largest |eigenvalue| to the power of K', \
     data('06_feedback-implicit') using 1:($6 > 1e-17 ? $6 : NaN) with lines lt REFERENCE notitle, \
     data('06_feedback-implicit') using 1:($5 > 1e-17 ? $5 : NaN) with lines lt REFERENCE notitle

eval figure('06_feedback-energy')
set title 'Energy falls with every unit that changes (100 units, 8 patterns)'
set xlabel 'units that have changed'
set ylabel 'energy E'
plot for [k=0:3] data('06_feedback-energy') index k using 1:2 with linespoints lt k+1 title sprintf('%d wrong', 25+5*k), \
     NaN with lines lt REFERENCE title 'dotted: energy of its pattern', \
     for [k=0:3] data('06_feedback-energy') index k using 1:3 with lines lt k+1 lw 1 dt (2,3) notitle

eval figure('06_feedback-capacity')
set title 'Above a load of about 0.138 the patterns are lost'
set xlabel 'load: patterns per unit, n/N'
set ylabel 'overlap m with the pattern'
set xrange [0.04:0.21]
set yrange [0:1.05]
set arrow 1 from 0.138,0 to 0.138,1.05 nohead lt REFERENCE
set label 1 'load 0.138' at 0.139,0.1 left
set label 2 'lower branch: unstable' at 0.075,0.74 left
plot data('06_feedback-capacity') using 1:3:2:4 with yerrorbars lt 1 title 'measured: median, least, most', \
     data('06_feedback-theory') using 1:2 with lines lt REFERENCE title 'theory for N without end'

eval figure('06_feedback-xor')
set title 'Elman: the error falls at every third bit'
set xlabel 'bit (every third one is the XOR of the two before it)'
set ylabel 'rms error, mean of the seeds'
set xrange [0.5:12.5]
set xtics 1
set yrange [0.3:0.6]
plot data('06_feedback-xor') using 1:2 with linespoints lt 1 title 'after training', \
     0.5 with lines lt REFERENCE title 'always saying 1/2'

# SPDX-License-Identifier: MIT
#
# The look of every figure. A chapter's script, plots/NN_name.gp, begins with
# this file and then draws its figures one after the other:
#
#     # SPDX-License-Identifier: MIT
#     load 'plots/style.gp'
#
#     eval figure('08_lstm-gradient')
#     set title 'How much of the gradient reaches the past'
#     set xlabel 'lag (time steps)'
#     set ylabel 'norm of the gradient'
#     eval log_y
#     plot data('08_lstm-gradient') using 1:2 with linespoints title 'RNN', \
#          data('08_lstm-gradient') using 1:3 with linespoints title 'LSTM', \
#          2.0**-x with lines lt REFERENCE title 'predicted: 2^{-lag}'
#
# What this file gives:
#
#     eval figure('NAME')          begins a figure: build/plots/NAME.svg, NAME.png,
#                                  or text on the terminal. It forgets what the
#                                  figure before it had set (ranges, axes, key).
#     eval figure_high('NAME', 2)  the same, twice as high (for multiplot)
#     data('NAME')                 the curve file build/plots/NAME.dat
#     eval log_x, eval log_y       a logarithmic axis that is labelled at powers of
#                                  ten (for other labels: set logscale x)
#     lt 1 to lt 7                 colours that colour-blind readers can tell apart
#                                  (Okabe and Ito 2008), each with its own dashes
#                                  and its own point: curves also differ in grey
#     lt REFERENCE                 thin, grey, dotted: a law, a bound, a published
#                                  value that curves are compared with
#     TEXT                         1 where the figure is drawn with characters
#
# Rules: both axes have a name, and a unit where there is one; a law that is a line
# on log axes gets log axes; the key stands below the plot, where it hides no
# curve; the title says what one sees. W_f and 10^{-3} are set as in TeX; a plain
# underscore is \_ in double quotes "\\_" or '\_' in single ones.
#
# Draw with `make plots CH=8` or `make plots CH=8 DRAW=text`. By hand, from the
# root of the project: gnuplot plots/08_lstm.gp draws with characters.

if (!exists('FORM')) FORM = 'text'          # svg, png or text
if (!exists('DATA')) DATA = 'build/plots/'  # where the curves are
if (!exists('OUT')) OUT = DATA              # where the figures go
TEXT = FORM eq 'text'

set encoding utf8

# Linetypes 1 to 7, and one for references.
REFERENCE = TEXT ? 0 : 8 # with characters, 8 would look like 1
set linetype 1 lc rgb '#0072b2' lw 2 dt 1 pt 7 ps 0.7
set linetype 2 lc rgb '#d55e00' lw 2 dt (9,4) pt 5 ps 0.7
set linetype 3 lc rgb '#009e73' lw 2 dt (2,3) pt 9 ps 0.8
set linetype 4 lc rgb '#cc79a7' lw 2 dt (10,3,2,3) pt 13 ps 0.9
set linetype 5 lc rgb '#000000' lw 1.5 dt (16,4) pt 2 ps 0.7
set linetype 6 lc rgb '#e69f00' lw 2 dt (5,2) pt 11 ps 0.8
set linetype 7 lc rgb '#56b4e9' lw 2 dt (10,3,2,3,2,3) pt 6 ps 0.7
set linetype 8 lc rgb '#555555' lw 1.6 dt (2,3) pt 1 ps 0.7
set linetype cycle 8

has(terminal) = strstrt(' '.GPVAL_TERMINALS.' ', ' '.terminal.' ') > 0
PNG = has('pngcairo') ? "pngcairo size 1440,%d enhanced font 'Sans,24' lw 2 ps 2" : \
      "png size 1440,%d enhanced font ',24' lw 2"
terminal(h) = \
    TEXT ? sprintf("dumb size 79,%d noenhanced", 26 * h) : \
    FORM eq 'png' ? sprintf(PNG, 880 * h) : \
    sprintf("svg size 720,%d enhanced font 'sans-serif,15' background rgb 'white'", 440 * h)

TITLE = FORM eq 'png' ? 28 : 17
POWERS = TEXT ? '1e%T' : '10^{%T}'
log_x = "set logscale x; set format x POWERS"
log_y = "set logscale y; set format y POWERS"

# In characters a grid would hide the curves, and an upright label cannot be set:
# plots/draw.sh prints the name of the y axis above the plot.
look = "set border 3 lc rgb '#444444'; set tics nomirror; set samples 400; " . \
       "set key below center reverse Left height 0.8; " . \
       (TEXT ? "unset grid; set lmargin 10; set ylabel offset -80,0" : \
               "set grid lc rgb '#d5d5d5' lw 1 dt 1; " . \
                "set title font ',".TITLE."'")

figure_high(name, h) = \
    "unset output; reset; set terminal ".terminal(h)."; " . \
    (TEXT ? "print ''; print '".name."'" : "set output '".OUT.name.".".FORM."'") . "; ".look
figure(name) = figure_high(name, 1)
data(name) = DATA.name.'.dat'

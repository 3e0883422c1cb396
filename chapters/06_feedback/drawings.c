/* SPDX-License-Identifier: MIT */
#include "chapters/06_feedback/drawings.h"

/* I is always the input, O the output. */
const drawing drawn_in_articles[DRAWN_IN_ARTICLES] = {
    /* query, key, value, scores, weights */
    {"S0-07 S3-19 attention", "IQ IK IV QS KS SW WO VO"},
    /* the branch F, and the sum */
    {"S0-07 S3-20 residual block", "IF FO IO"},
    /* normalise, attend, add; normalise, feed forward, add */
    {"S0-14 GPT, a block", "IN NA AP IP PM MF FO PO"},
    {"S0-14 BERT, a block", "IA AP IP PN NF FQ NQ QO"},
    /* encoder block to its memory M, decoder block with a look at it */
    {"S0-14 T5, two blocks", "IA AP IP PF FM PM DS ST DT MC TC CU TU UG GO UO"},
    {"S1-43 S1-46 three layers", "IH HY YO"},
    {"S2-12 flow chart", "IA AB BO OP PF"},
    /* RepeatVector R and Concatenate C hang at the end of the model */
    {"S2-22 RepeatVector", "IA AB BO OR RC BC"},
    {"S2-25 the model of steps 1-4", "IA AB BO"},
    {"S2-37 S2-44 example 3-5-2", "IH HO"},
    {"S2-49 project, repaired", "IH IC HC CO"},
    {"S3-08 flow chart", "IF FB BF FO"},
    {"S3-16 flow chart", "IF FB BF BA AB FO"},
    {"S4-37 layers 100-50-10", "IA AB BO"},
};

const drawing drawn_here[DRAWN_HERE] = {
    {"S1's layers with a loop", "IS SH HY YS YO"},
    {"Jordan: output to state", "IH HO OH"},
    {"Elman: state to state", "IH HH HO"},
    /* cell C, its gates G, state H */
    {"LSTM cell", "IG GC CC CH HG HO"},
    {"Hopfield, 4 units", "AB BA AC CA AD DA BC CB BD DB CD DC"},
    {"parity of section 6.2", "IA IB AS BS SA SB"},
    {"Elman unrolled, 3 steps", "IH HO JK HK KP LM KM MQ"},
};

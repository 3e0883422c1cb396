# SPDX-License-Identifier: MIT
# The part of a text transcript that is the same on every machine: what comes before the
# section "Verification".
/^[0-9]+\.[0-9]+  Verification$/ { exit }
{ print }

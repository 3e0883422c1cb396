#!/bin/sh
# SPDX-License-Identifier: MIT
# Two builds print the same bytes (experiments aside; .ci/run compares more).
. lib/make/testing.sh
sh lib/make/same-bytes.sh "$CC -O0" "$CC -O3"

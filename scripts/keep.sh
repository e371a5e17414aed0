#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# keep.sh PART KEPT PATH...: keep the JSON object of a long run as KEPT, with its date and the commit it
# was made at; a + behind the commit: something under PATH was not committed.
set -eu
part=$1
kept=$2
shift 2
commit=$(git rev-parse --short HEAD)
git diff --quiet HEAD -- "$@" || commit=$commit+
jq --arg date "$(date -u +%Y-%m-%d)" --arg commit "$commit" '. + {date: $date, commit: $commit}' "$part" >"$kept"
cat "$kept"

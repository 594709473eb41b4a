#!/bin/sh
# Is the promise of a service kept? gate.sh SLO MOST NODATA
# MOST is the share of bad events in five minutes at which the budget of thirty
# days burns 14.4 times too fast. NODATA is hold or proceed.
set -eu
slo=$1 most=$2 nodata=$3
share=$(curl -fsS --get "$PROMETHEUS_URL/api/v1/query" --data-urlencode "query=max(slo:bad_share:5m{slo=\"$slo\"})" |
  jq -r '.data.result[0].value[1] // empty')
if [ -z "$share" ] || [ "$share" = NaN ]; then
  echo "$slo: no data" >&2
  [ "$nodata" = proceed ]
  exit
fi
echo "$slo: $share of the events are bad, $most at most" >&2
awk -v share="$share" -v most="$most" 'BEGIN { exit !(share <= most) }'

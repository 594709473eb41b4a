#!/bin/sh
# May a release enter now? window.sh FILE, with lines such as
#   open   Asia/Kolkata 1,2,3,4 1000 1600         days from Monday, from, to (not included)
#   closed Asia/Kolkata 2026-12-24 2027-01-02     both days included
#   weekly Asia/Kolkata 5 1800 1 0600             closed from Friday evening to Monday morning
# Without a line "open" every time is open. NOW is seconds since 1970, for tests.
set -eu
now=${NOW:-$(date +%s)}
at() { TZ=$1 date -d "@$now" "+$2"; }
# Minutes of the week; a leading zero would make the number octal.
minutes() { h=${2%??} m=${2#??}; echo $(( ($1 - 1) * 1440 + ${h#0} * 60 + ${m#0} )); }
opens=0 open=0
while read -r kind zone a b c d; do
  case $kind in
  open)
    opens=1
    day=$(at "$zone" %u) time=$(at "$zone" 1%H%M)
    case ",$a," in *",$day,"*) [ "$time" -ge "1$b" ] && [ "$time" -lt "1$c" ] && open=1 ;; esac
    ;;
  closed)
    today=$(at "$zone" %Y%m%d)
    from=$(echo "$a" | tr -d -) to=$(echo "$b" | tr -d -)
    if [ "$today" -ge "$from" ] && [ "$today" -le "$to" ]; then
      echo "frozen from $a to $b ($zone)" >&2
      exit 1
    fi
    ;;
  weekly)
    this=$(minutes "$(at "$zone" %u)" "$(at "$zone" %H%M)") from=$(minutes "$a" "$b") to=$(minutes "$c" "$d")
    if [ "$from" -lt "$to" ]; then
      [ "$this" -ge "$from" ] && [ "$this" -lt "$to" ] && inside=1 || inside=0
    else
      [ "$this" -ge "$from" ] || [ "$this" -lt "$to" ] && inside=1 || inside=0
    fi
    if [ "$inside" = 1 ]; then
      echo "frozen every week at this time ($zone)" >&2
      exit 1
    fi
    ;;
  esac
done <"$1"
if [ "$opens" = 1 ] && [ "$open" = 0 ]; then
  echo "outside the hours in which releases enter" >&2
  exit 1
fi

#!/usr/bin/env bash
# Adds a node to a local cluster when its nodes are busy, and removes one when they are idle: the recipe of docs/operations.md, on top of './ringtail cluster'.
#
#   examples/autoscale.sh [--dir DIR] [--min 3] [--max 9] [--metric loop%] [--high 60] [--low 20] [--every 5] [--times 3] [--rounds 0]
#
#   --metric   a column of 'ringtail cluster load': loop% (how busy the busiest event loop is), cpu% or commands/s
#   --high     above this mean of all nodes, --times rounds in a row, a node is added
#   --low      below this mean, --times rounds in a row, a node is removed: unless those left would come near --high
#   --every    seconds between two rounds
#   --rounds   how many; 0 is without end
#   --min      never fewer nodes; not below the number of replicas ('cluster remove' would refuse that too)
#
# One change at a time, and none while partitions are handed over, a node is down, or hints wait.
set -euo pipefail

ringtail=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)/ringtail
dir=./ringtail-cluster min=3 max=9 metric=loop% high=60 low=20 every=5 times=3 rounds=0
while (($# > 1)); do
  case $1 in
    --dir | --min | --max | --metric | --high | --low | --every | --times | --rounds) declare "${1#--}=$2"; shift 2 ;;
    *) break ;;
  esac
done
(($# == 0)) || { echo "autoscale: what is '$1'?" >&2; exit 1; }

say() { printf '%s %s\n' "$(date +%H:%M:%S)" "$*"; }
cluster() { "$ringtail" cluster "$@" --dir "$dir"; }

# Of the table on standard input: "nodes mean transfers hints youngest". A node that does not answer, or is dead, makes the mean "-".
summary() {
  awk -v metric="$metric" '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; if (!(metric in column)) { exit 1 }; next }
    { nodes++; last = $1; value = $column[metric]
      if ($2 != "running" || value == "-") unknown = 1; else sum += value
      if ($column["transfers"] != "settled") transfers = $column["transfers"]
      if ($column["hints"] != "-") hints += $column["hints"] }
    END { if (nodes) printf "%d %s %s %d %d\n", nodes, unknown ? "-" : sprintf("%.1f", sum / nodes), transfers ? transfers : "settled", hints, last }'
}

busy=0 idle=0 round=0
while ((rounds == 0 || round < rounds)); do
  round=$((round + 1))
  found=$(cluster load | summary) || { echo "autoscale: 'cluster load' has no column '$metric'" >&2; exit 1; }
  read -r nodes mean transfers hints youngest <<< "$found"
  if [[ $mean == - || $transfers != settled || $hints -gt 0 ]]; then
    say "$nodes nodes, $metric $mean, transfers $transfers, $hints hints: not now"
    busy=0 idle=0
  else
    # What the mean would be, were the same work done by one fewer.
    verdict=$(awk -v m="$mean" -v n="$nodes" -v high="$high" -v low="$low" \
      'BEGIN { if (m > high) print "busy"; else if (n > 1 && m < low && m * n / (n - 1) < 0.8 * high) print "idle"; else print "fine" }')
    [[ $verdict == busy ]] && busy=$((busy + 1)) || busy=0
    [[ $verdict == idle ]] && idle=$((idle + 1)) || idle=0
    say "$nodes nodes, $metric $mean: $verdict"
    if ((busy >= times && nodes < max)); then
      say "one more"
      cluster add && cluster settle
      busy=0 idle=0
    elif ((idle >= times && nodes > min)); then
      say "one fewer"
      cluster remove "$youngest" && cluster settle
      busy=0 idle=0
    fi
  fi
  ((rounds != 0 && round >= rounds)) || sleep "$every"
done

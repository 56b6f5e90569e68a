#!/bin/bash
# The same load by `steelyard live` and by clients of others: do they measure the same?
#
#   tests/bench/independent_clients.sh [STEELYARD] [ROUNDS] [SECONDS]
#
# Eight users in a closed loop, each on a connection of its own, ask one modelled service (2 ms,
# 64 places) of `steelyard serve`. The clients take turns, round by round, so that what the machine
# does besides meets them all; the table has medians over the rounds, and the difference of each
# from steelyard's. wrk reports percentiles itself; h2load's come from its log of single requests,
# curl's from its own clock for each transfer. A curl is one user, in a process of its own, whose
# start and what it does between transfers count in the throughput.
# On a machine with other work, `chrt -r 1` before it puts all parties before that, and alike.
# Needs wrk, h2load (Debian's nghttp2-client), curl; one that is absent is left out.
set -euo pipefail
steelyard=${1:-build/release/steelyard}
rounds=${2:-5}
seconds=${3:-4}
users=8
command -v "$steelyard" >/dev/null || { echo "independent_clients: no $steelyard" >&2; exit 1; }

folder=$(mktemp -d)
server=
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" || true; }
  rm -rf "$folder"
}
trap stop EXIT

cat >"$folder/scenario.yaml" <<END
name: independent
run: {duration: ${seconds}s, warmup: 1s}
services: {api: {instances: 1, concurrency: 64, service_time: 2ms}}
clients: {users: {calls: api, closed: {users: $users}}}
strategies: {balancer: round_robin}
END
"$steelyard" serve "$folder/scenario.yaml" >"$folder/served" & server=$!
for _ in {1..100}; do
  address=$(awk '$1 == "api/0" {print $2}' "$folder/served")
  [ -z "$address" ] || break
  sleep 0.05
done
[ -n "$address" ] || { echo "independent_clients: the service did not start" >&2; exit 1; }
url=http://$address/

# Of times in microseconds, one a line: mean, p50 and p99 in milliseconds. Percentiles are the
# smallest value that this share does not exceed.
summarise() {
  sort -n | awk '{t[NR] = $1; sum += $1}
    function rank(p, at) {at = int(NR * p); return at < NR * p ? at + 1 : at}
    END {printf "%.4f %.4f %.4f\n", sum / NR / 1e3, t[rank(0.5)] / 1e3, t[rank(0.99)] / 1e3}'
}

# Each prints: throughput in requests/s, mean, p50, p99 in ms.
by_steelyard() {
  "$steelyard" live "$folder/scenario.yaml" --replications 1 -q --format csv -o "$folder/out" \
    --set "targets={api: [\"http://$address\"]}" 2>/dev/null >"$folder/csv" ||
    echo "independent_clients: steelyard live doubts itself (exit $?)" >&2
  awk -F, '{v[$2] = $3} END {print v["throughput_rps"], v["latency_ms.mean"],
    v["latency_ms.p50"], v["latency_ms.p99"]}' "$folder/csv"
}
by_wrk() {
  wrk -t1 -c$users -d"$seconds"s --latency "$url" >"$folder/wrk"
  awk 'function ms(t) {return t ~ /us$/ ? t / 1e3 : t ~ /ms$/ ? t + 0 : t * 1e3}
    $1 == "Latency" && $2 ~ /s$/ {mean = ms($2)} $1 == "50%" {p50 = ms($2)} $1 == "99%" {p99 = ms($2)}
    /Requests\/sec/ {rate = $2} END {print rate, mean, p50, p99}' "$folder/wrk"
}
by_h2load() {
  rm -f "$folder/log"
  h2load --h1 -c$users -t1 -D"$seconds" --warm-up-time=1 --log-file="$folder/log" "$url" \
    >"$folder/h2load"
  echo "$(awk '/^finished in/ {print $4}' "$folder/h2load")" \
    "$(awk '$2 == 200 {print $3}' "$folder/log" | summarise)"
}
by_curl() {
  local requests=$((seconds * 400)) began ended user processes=()
  began=$(date +%s%N)
  for ((user = 0; user < users; ++user)); do
    curl -s -o /dev/null -w '%{time_total}\n' "$url?[1-$requests]" >"$folder/times.$user" &
    processes+=($!)
  done
  wait "${processes[@]}"
  ended=$(date +%s%N)
  echo "$(awk -v n=$((requests * users)) -v ns=$((ended - began)) 'BEGIN {print n / ns * 1e9}')" \
    "$(cat "$folder"/times.* | awk '{print $1 * 1e6}' | summarise)"
}

clients=(steelyard)
for client in wrk h2load curl; do
  if command -v $client >/dev/null; then clients+=($client); else echo "$client is absent"; fi
done
for ((round = 0; round < rounds; ++round)); do
  for client in "${clients[@]}"; do by_$client >>"$folder/$client.figures"; done
done

median() { # client column
  awk -v c="$2" '{print $c}' "$folder/$1.figures" | sort -g | sed -n "$(((rounds + 1) / 2))p"
}
printf '%d rounds of %ds, %d users, load of the machine %s\n' "$rounds" "$seconds" $users \
  "$(cut -d' ' -f1-3 /proc/loadavg)"
printf '%-10s %20s %20s %20s %20s\n' client 'requests/s' 'mean, ms' 'p50, ms' 'p99, ms'
for client in "${clients[@]}"; do
  printf '%-10s' "$client"
  for column in 1 2 3 4; do
    awk -v a="$(median "$client" $column)" -v b="$(median steelyard $column)" \
      'BEGIN {printf " %10.4g %+7.1f %%", a, 100 * (a / b - 1)}'
  done
  printf '\n'
done

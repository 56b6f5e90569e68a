#!/bin/bash
# The figures about the live world in docs/VALIDATION.md: how well the simulation predicts it, what the
# load generator keeps to, what becomes of requests when an instance dies, and replay.
#
#   tests/bench/live_figures.sh [STEELYARD] [queue|shop|generator|crash|replay]...
#
# About a quarter of an hour of real time for all; they mean little on a machine with other work. What a
# part cannot show ends the script with code 1: a simulation that misses its aims (throughput 1%, p50
# 10%, p99 20%), requests missing from the accounts, a replay that differs.
set -euo pipefail
steelyard=${1:-build/release/steelyard}
[ $# -eq 0 ] || shift
parts=${*:-queue shop generator crash replay}
command -v "$steelyard" >/dev/null || { echo "live_figures: no $steelyard" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
failed=0

# 4: sends were late, which is printed with the results.
live() { "$steelyard" live "$@" >"$folder/out" 2>"$folder/err" || [ $? -eq 4 ] || { cat "$folder/err"; exit 1; }; }

cat >"$folder/mm1.yaml" <<'END'
name: mm1
question: How far is a simulated queue from a real one?
run: {seed: 5, duration: 16s, warmup: 1s, replications: 3}
services: {api: {instances: 1, concurrency: 1, service_time: {exponential: {mean: 10ms}}}}
clients: {users: {calls: api, arrivals: {poisson: {rate: 50/s}}}}
compare: {clients.users.arrivals.poisson.rate: [30/s, 50/s, 70/s]}
END
cat >"$folder/shop.yaml" <<'END'
name: shop
question: How far are three simulated services from real ones?
run: {seed: 5, duration: 11s, warmup: 1s, replications: 3}
# An order holds one of sixteen places for some 10.5 ms: 30, 50 and 70% of what they can do.
services:
  orders:
    {instances: 2, concurrency: 8, service_time: {exponential: {mean: 4ms}}, calls: [[users, inventory]]}
  users: {instances: 2, concurrency: 4, service_time: {exponential: {mean: 4ms}}}
  inventory: {instances: 2, concurrency: 4, service_time: {lognormal: {mean: 4ms, sigma: 0.8}}}
clients: {shoppers: {calls: orders, arrivals: {poisson: {rate: 500/s}}}}
strategies: {balancer: p2c}
compare: {clients.shoppers.arrivals.poisson.rate: [450/s, 750/s, 1050/s]}
END
prediction() {
  "$steelyard" run "$folder/$1.yaml" -o "$folder/$1-sim" >/dev/null 2>&1
  for round in 1 2 3; do
    live "$folder/$1.yaml" -o "$folder/$1-live"
    echo "== $1, live run $round of 3"
    "$steelyard" compare "$folder/$1-sim" "$folder/$1-live" >"$folder/compared"
    # The sentences and the first table.
    awk '/^$/ {blocks++} blocks < 2' "$folder/compared"
    grep -q "^The simulation predicts the live" "$folder/compared" || failed=1
  done
}
queue() { prediction mm1; }
shop() { prediction shop; }

cat >"$folder/fast.yaml" <<'END'
name: fast
question: Does the load generator keep to 20,000 requests a second?
run: {seed: 5, duration: 11s, warmup: 1s, replications: 3}
services: {api: {instances: 2, concurrency: 1000, service_time: 50us, request_size: 200B, response_size: 200B}}
clients: {users: {calls: api, arrivals: {poisson: {rate: 20000/s}}}}
strategies: {balancer: round_robin}
END
generator() {
  live "$folder/fast.yaml" -o "$folder/fast"
  echo "== generator, 20,000/s, the two services on the same machine"
  awk '/^How far to trust/ {on = 1} /^$/ {on = 0} on' "$folder/out"
}

cat >"$folder/crash.yaml" <<'END'
name: crash
question: Is a request lost from the accounts when an instance is killed?
run: {seed: 5, duration: 8s, warmup: 0s, replications: 1}
services: {api: {instances: 4, concurrency: 1000, service_time: {exponential: {mean: 2ms}}}}
clients: {users: {calls: api, arrivals: {poisson: {rate: 5000/s}}}}
strategies:
  balancer: least_request
  resilience: {timeout: 1s, reconnect: {backoff_base: 30s, backoff_max: 30s}}
faults: [{at: 2s, for: 4s, crash: {target: api/0}}]
END
crash() {
  live "$folder/crash.yaml" -o "$folder/crash"
  echo "== one of four killed after 2 of 8 s, at 5,000/s, with reconnect"
  python3 - "$folder/crash/results.json" <<'END' || failed=1
import json, sys
requests = json.load(open(sys.argv[1]))["variants"][0]["requests"]
failures = {cause: count for cause, count in requests["failed"].items() if count}
print(f"{requests['offered']} offered = {requests['succeeded']} succeeded"
      + "".join(f" + {count} {cause}" for cause, count in failures.items())
      + f" + {requests['unfinished']} unfinished")
assert requests["offered"] == (requests["succeeded"] + sum(failures.values())
                               + requests["unfinished"]), "requests are missing"
END
}

cat >"$folder/replay.yaml" <<'END'
name: replay
question: Does a channel do offline what it did live?
run: {seed: 5, duration: 60s, warmup: 0s, replications: 1}
services:
  orders: {instances: 2, concurrency: 8, service_time: {exponential: {mean: 2ms}}, calls: [[users, inventory]]}
  users: {instances: 2, concurrency: 8, service_time: {exponential: {mean: 2ms}}}
  inventory: {instances: 2, concurrency: 8, service_time: {exponential: {mean: 2ms}}}
clients: {shoppers: {calls: orders, arrivals: {poisson: {rate: 1500/s}}}}
strategies: {balancer: peak_ewma, resilience: {timeout: 50ms, retry: {attempts_max: 3}}}
faults: [{at: 20s, for: 10s, slow: {target: users/0, factor: 20}}]
END
replay() {
  live "$folder/replay.yaml" -o "$folder/replay" --record inputs
  echo "== replay of 60 s at 1,500/s"
  "$steelyard" replay "$folder/replay" | tail -1
  [ "${PIPESTATUS[0]}" -eq 0 ] || failed=1
}

for part in $parts; do
  case $part in
    queue | shop | generator | crash | replay) "$part" ;;
    *) echo "live_figures: no part '$part'; there are queue, shop, generator, crash, replay" >&2; exit 1 ;;
  esac
done
exit "$failed"

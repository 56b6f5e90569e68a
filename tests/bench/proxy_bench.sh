#!/bin/bash
# Processor time per proxied request: Steelyard's gateway, nginx and HAProxy in one run, before the
# same three backends, with 64 keep-alive connections and round robin.
#
#   tests/bench/proxy_bench.sh [STEELYARD] [ROUNDS] [SECONDS]
#
# The proxies take turns, round by round; the table has each one's median. Processor time is that of
# the kernel's scheduler (/proc/PID/task/*/schedstat) over the time of the load, divided by the
# requests that wrk counted. Each proxy has one thread, and its log off. Needs nginx, haproxy, wrk.
set -euo pipefail
steelyard=${1:-build/release/steelyard}
rounds=${2:-5}
seconds=${3:-4}
PATH=$PATH:/usr/sbin
for program in nginx haproxy wrk "$steelyard"; do
  command -v "$program" >/dev/null || { echo "proxy_bench: $program is not there" >&2; exit 1; }
done

folder=$(mktemp -d)
children=()
stop() {
  for pid in "${children[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$folder"
}
trap stop EXIT

# Ports that are free now.
ports=()
port=$((20000 + RANDOM % 20000))
while [ ${#ports[@]} -lt 6 ]; do
  port=$((port + 1))
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || ports+=("$port")
done
b1=${ports[0]} b2=${ports[1]} b3=${ports[2]}
body=$(printf 'x%.0s' {1..64})

nginx_common="daemon off; master_process off; worker_processes 1; error_log /dev/null crit;
  events { worker_connections 4096; }"
nginx_http="access_log off; keepalive_requests 1000000000;
  client_body_temp_path $folder; proxy_temp_path $folder; fastcgi_temp_path $folder;
  uwsgi_temp_path $folder; scgi_temp_path $folder;"

cat >"$folder/backends.conf" <<END
pid $folder/backends.pid; $nginx_common
http { $nginx_http
  server { listen 127.0.0.1:$b1; listen 127.0.0.1:$b2; listen 127.0.0.1:$b3;
    location / { return 200 "$body"; } } }
END
cat >"$folder/nginx.conf" <<END
pid $folder/nginx.pid; $nginx_common
http { $nginx_http
  upstream a { server 127.0.0.1:$b1; server 127.0.0.1:$b2; server 127.0.0.1:$b3;
    keepalive 128; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${ports[3]};
    location / { proxy_pass http://a; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
END
cat >"$folder/haproxy.cfg" <<END
global
  nbthread 1
  maxconn 4096
defaults
  mode http
  http-reuse always
  timeout client 60s
  timeout server 60s
  timeout connect 5s
frontend f
  bind 127.0.0.1:${ports[4]}
  default_backend a
backend a
  balance roundrobin
  server s1 127.0.0.1:$b1
  server s2 127.0.0.1:$b2
  server s3 127.0.0.1:$b3
END
cat >"$folder/steelyard.yaml" <<END
name: proxy
targets: {a: ["http://127.0.0.1:$b1", "http://127.0.0.1:$b2", "http://127.0.0.1:$b3"]}
services: {a: {instances: 3, service_time: 0s}}
clients: {c: {calls: a, arrivals: {poisson: {rate: 1/s}}}}
strategies: {balancer: round_robin}
gateway:
  listen: 127.0.0.1:${ports[5]}
  routes:
    - {match: {prefix: /}, to: a}
END

nginx -p "$folder" -c "$folder/backends.conf" & children+=($!)
nginx -p "$folder" -c "$folder/nginx.conf" & children+=($!); nginx_pid=$!
haproxy -db -q -f "$folder/haproxy.cfg" & children+=($!); haproxy_pid=$!
"$steelyard" gateway "$folder/steelyard.yaml" >/dev/null & children+=($!); steelyard_pid=$!
for port in "${ports[@]}"; do
  for _ in {1..100}; do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    sleep 0.05
  done
done

# Nanoseconds on a processor, of all threads of these processes.
processor_ns() { cat /proc/"$1"/task/*/schedstat | awk '{sum += $1} END {printf "%.0f", sum}'; }

measure() { # name pid port
  local before after requests rate
  before=$(processor_ns "$2")
  wrk -t1 -c64 -d"$seconds"s "http://127.0.0.1:$3/" >"$folder/wrk"
  after=$(processor_ns "$2")
  if grep -Eq 'Non-2xx|Socket errors' "$folder/wrk"; then
    echo "proxy_bench: $1: $(grep -E 'Non-2xx|Socket errors' "$folder/wrk")" >&2
    exit 1
  fi
  requests=$(awk '/requests in/ {print $1}' "$folder/wrk")
  rate=$(awk '/Requests\/sec/ {print $2}' "$folder/wrk")
  awk -v a="$before" -v b="$after" -v n="$requests" -v r="$rate" \
    'BEGIN {printf "%.3f %.0f\n", (b - a) / n / 1000, r}' >>"$folder/$1.figures"
}
for ((round = 0; round < rounds; ++round)); do
  measure nginx "$nginx_pid" "${ports[3]}"
  measure haproxy "$haproxy_pid" "${ports[4]}"
  measure steelyard "$steelyard_pid" "${ports[5]}"
done

printf '%-10s %22s %14s   %s\n' proxy 'processor µs/request' 'requests/s' 'all rounds, µs'
for name in nginx haproxy steelyard; do
  middle=$(sort -n "$folder/$name.figures" | sed -n "$(((rounds + 1) / 2))p")
  printf '%-10s %21s %14s   %s\n' "$name" ${middle} \
    "$(cut -d' ' -f1 "$folder/$name.figures" | tr '\n' ' ')"
done

#!/bin/sh
# Calls the endpoints of a running TokenHub and prints what they answer.
#
#   sh test.sh [URL] [KEY]        default: http://localhost:8080 without a key
#
# Needs only curl. The exit code is the number of endpoints that did not answer as they should.
set -u

url=${1:-http://localhost:8080}
key=${2:-${TOKENHUB_KEY:-}}
failed=0
body=$(mktemp) || exit 1
trap 'rm -f "$body"' EXIT

# check NAME METHOD PATH WANTED-IN-THE-BODY [JSON]
check() {
  set -- "$1" "$2" "$url$3" "$4" "${5:-}"
  status=$(
    {
      [ -z "$key" ] || printf 'header = "authorization: Bearer %s"\n' "$key"
      [ -z "$5" ] || printf 'header = "content-type: application/json"\n'
    } | curl -sS -o "$body" -w '%{http_code}' --max-time 60 -X "$2" ${5:+--data "$5"} --config - "$3"
  ) || status="no answer"
  case $status in
    200) if grep -q -e "$4" "$body"; then result=ok; else result=failed; fi ;;
    # A server of an earlier version.
    404) result="not there" ;;
    *) result=failed ;;
  esac
  [ "$result" != failed ] || failed=$((failed + 1))
  printf '%-9s  %-20s  %s  %s\n' "$result" "$1" "$status" "$(head -c 120 "$body" | tr '\n' ' ')"
  : >"$body"
}

hello='"messages":[{"role":"user","content":"Hello"}]'

printf 'TokenHub at %s\n' "$url"
check "health" GET /health '"healthy"'
check "readiness" GET /healthz '"ok"'
check "metrics" GET /metrics 'tokenhub_requests_total'
check "models" GET /v1/models '"data"'
check "chat completions" POST /v1/chat/completions '"choices"' "{$hello,\"max_tokens\":100,\"temperature\":0.7}"
check "messages" POST /v1/messages '"content"' "{\"model\":\"*\",$hello,\"max_tokens\":100}"
check "completions" POST /v1/completions '"choices"' '{"prompt":"Once upon a time","max_tokens":200,"temperature":0.8}'
check "chat" POST /v1/chat '"response"' "{$hello,\"orchestration_mode\":\"simple\"}"
check "adversarial" POST /v1/adversarial '"refined_plan"' '{"prompt":"Design a system"}'

if [ "$failed" -eq 0 ]; then echo "all ok"; else echo "$failed failed"; fi
exit "$failed"

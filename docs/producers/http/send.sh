#!/bin/sh
# Send votes to tutti's HTTP intake: TUTTI_TOKEN=… sh send.sh < votes.jsonl
# Reads one JSON object per line. Exit status 0: every message was acknowledged.
# Needs curl, gzip and split. Receipts are printed as they come.
set -eu
url="${TUTTI_HTTP:-http://127.0.0.1:18110}/v1/votes"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
umask 077
# In a file, not an argument: everybody can read the list of processes.
printf 'header = "Authorization: Bearer %s"\n' "$TUTTI_TOKEN" >"$folder/token.conf"

split -a 6 -l 500 - "$folder/batch."
rejected=0
for batch in "$folder"/batch.*; do
  [ -e "$batch" ] || continue
  gzip "$batch"
  key="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
  try=0
  while :; do
    # The same bytes under the same key, until there is an answer that stays.
    status=$(curl -sS -m 60 -K "$folder/token.conf" -o "$folder/answer" -D "$folder/headers" \
      -w '%{http_code}' -H 'Content-Type: application/x-ndjson' -H 'Content-Encoding: gzip' \
      -H 'Expect:' -H "Idempotency-Key: $key" --data-binary "@$batch.gz" "$url") || status=000
    case "$status" in
    000 | 408 | 409 | 429 | 500 | 502 | 503 | 504) ;;
    *) break ;;
    esac
    try=$((try + 1))
    [ "$try" -lt 20 ] || { echo "gave up: send these lines again later" >&2; exit 1; }
    after=$(sed -n 's/^[Rr]etry-[Aa]fter: \([0-9]*\).*/\1/p' "$folder/headers" 2>/dev/null || :)
    sleep "${after:-$try}"
  done
  cat "$folder/answer"
  echo
  if [ "$status" != 200 ]; then
    echo "$status: nothing of this batch was taken; cure says what to do" >&2
    grep -q '"rejected":\[' "$folder/answer" || exit 1
    rejected=1
  elif ! grep -q '"rejected":\[\]' "$folder/answer"; then
    rejected=1
  fi
done
exit "$rejected"

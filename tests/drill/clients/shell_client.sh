#!/usr/bin/env bash
# Send invoices to Payt with bash, curl and awk, right in every respect; one fault may be switched on.
# The rules are those of python_client.py, which says more of why.
set -u

TIMEOUT_S=1.5 ATTEMPTS=5 UNSURE_ATTEMPTS=3 MAX_LOGINS=2 MAX_HOPS=5 LONGEST_WAIT_S=10 END_S=15 FOR_EVER=40
TRANSIENT_WORDS='could not be processed|rate limit|too many requests|timed out|in time|timeout|try again|an error occurred|another request'
VALIDATION_WORDS="must |can't be|cannot |can only|invalid|not valid|taken|too long|not included|no longer|more than|not be found"
LIST='/v1/invoices?administration_id=81&per_page=2'

usage() {
  echo "usage: shell_client.sh payt --url URL --token TOKEN [--rows FILE] [--chunk 2] [--fault NAME]" >&2
  exit 2
}

vendor=${1:-}
shift
[[ $vendor == payt ]] || usage
url='' token='' chunk=2 fault='' rows="${BASH_SOURCE[0]%/*}/rows/payt.json"
while (($# > 1)); do
  case $1 in
    --url) url=${2%/} ;;
    --token) token=$2 ;;
    --rows) rows=$2 ;;
    --chunk) chunk=$2 ;;
    --fault) fault=$2 ;;
    *) usage ;;
  esac
  shift 2
done
[[ -n $url && -n $token ]] || usage

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Write each value of the JSON in standard input as a line: its path, with unit separators, a tab, the text.
# It fails on what is no JSON, so that half an answer is never taken for a whole one.
flatten() {
  LC_ALL=C awk '
    { s = s $0 "\n" }
    function blank() { while (at <= n && index(" \t\r\n", substr(s, at, 1))) at++ }
    function fail() { bad = 1; exit 1 }
    function text(  start) {
      start = ++at
      while (at <= n && substr(s, at, 1) != "\"") at += substr(s, at, 1) == "\\" ? 2 : 1
      if (at > n) fail()
      return substr(s, start, at++ - start)
    }
    function under(path, name) { return path == "" ? name : path "\037" name }
    function value(path,  c, i, name) {
      blank(); c = substr(s, at, 1)
      if (c == "\"") print path "\t" text()
      else if (c == "{" || c == "[") {
        at++; blank()
        if (substr(s, at, 1) == (c == "{" ? "}" : "]")) { at++; print path "\t" c; return }
        for (i = 0; ; i++) {
          name = i; blank()
          if (c == "{") {
            if (substr(s, at, 1) != "\"") fail()
            name = text(); blank()
            if (substr(s, at++, 1) != ":") fail()
          }
          value(under(path, name)); blank()
          if (substr(s, at, 1) == ",") { at++; continue }
          if (substr(s, at++, 1) == (c == "{" ? "}" : "]")) return
          fail()
        }
      }
      else if (match(substr(s, at, 40), /^(true|false|null|-?[0-9][0-9.eE+-]*)/)) {
        print path "\t" substr(s, at, RLENGTH); at += RLENGTH
      }
      else fail()
    }
    END { if (bad) exit 1; n = length(s); at = 1; value(""); blank(); if (at <= n) exit 1 }'
}

# Print the values at a path of member names, in whatever letter case a later version writes them.
# A name of * stands for any; its value is printed before, with a tab.
pick() {
  awk -F'\t' -v want="$1" '
    function plain(name) { name = tolower(name); gsub("_", "", name); return name }
    {
      depth = split($1, have, "\037"); wanted = split(want, names, "/"); shown = ""
      if (depth != wanted) next
      for (i = 1; i <= depth; i++) {
        if (names[i] == "*") shown = shown have[i] "\t"
        else if (plain(have[i]) != plain(names[i])) next
      }
      print shown $2
    }' "$2"
}

# ---- rows --------------------------------------------------------------------------------------------------------------

keys=() names=() lines=() tries=() why=()
declare -A failed=() fate=() stored=()

load_rows() {
  flatten <"$rows" >"$work/rows" || { echo "no JSON: $rows" >&2; exit 2; }
  local number key
  while IFS=$'\t' read -r number key; do
    keys[number]=$key tries[number]=0
    names[number]=$(pick "$number/name" "$work/rows")
    lines[number]=$(pick "$number/lines/*" "$work/rows" | cut -f2 | tr '\n' ' ')
  done < <(pick '*/key' "$work/rows")
}

# An amount in cents, exactly; nothing for what is none.
to_cents() {
  [[ $1 =~ ^([0-9]+)(\.([0-9]{1,2})0*)?$ ]] || return 0
  local cents=${BASH_REMATCH[3]}00
  echo $((10#${BASH_REMATCH[1]} * 100 + 10#${cents:0:2}))
}

total() {
  local line cents=0
  if [[ $fault == float-sums ]]; then
    awk -v amounts="${lines[$1]}" 'BEGIN { n = split(amounts, a, " "); for (i = 1; i <= n; i++) t += a[i]; printf "%.17g", t }'
    return
  fi
  for line in ${lines[$1]}; do cents=$((cents + $(to_cents "$line"))); done
  [[ $fault == truncates-amounts ]] && ((tries[$1] > 1)) && cents=$((cents - cents % 100))
  printf '%d.%02d' $((cents / 100)) $((cents % 100))
}

body_of() {
  local row amount comma=''
  printf '{"administration_id":"81","invoices":['
  for row in "$@"; do
    amount=$(total "$row")
    printf '%s{"invoice_number":"%s","invoice_date":"2026-06-01","due_date":"2026-07-01","description":"%s",' \
      "$comma" "${keys[row]}" "${names[row]}"
    printf '"currency_code":"EUR","debtor_number":"D-1","amount_total":"%s","book_amount_total":"%s",' "$amount" "$amount"
    printf '"amount_open":"%s","book_amount_open":"%s"}' "$amount" "$amount"
    comma=,
  done
  printf ']}'
}

# ---- calls -------------------------------------------------------------------------------------------------------------

status=0 lost='' empty='' logins=0 stopped=''

milliseconds() { local now=${EPOCHREALTIME/[.,]/}; echo $((now / 1000)); }
began=$(milliseconds)

stop() {
  [[ -n $stopped ]] || stopped=$1
  return 1
}

# Sleep for milliseconds; stop where that is too long.
rest() {
  (($1 > LONGEST_WAIT_S * 1000)) && { stop "the vendor asks to wait $(($1 / 1000)) s"; return 1; }
  (($(milliseconds) - began + $1 > END_S * 1000)) && { stop "out of time"; return 1; }
  sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
}

back_off() {
  [[ $fault == retries-at-once ]] || rest $((100 * (1 << ($1 < ATTEMPTS ? $1 - 1 : ATTEMPTS - 1))))
}

header() { tr -d '\r' <"$work/head" | sed -n "s/^$1: *//Ip" | tail -1; }

# One call on a connection of its own; the timeout is for the whole answer. Sets status and lost.
exchange() {
  local limit=(--max-time "$TIMEOUT_S") code
  [[ $fault == no-timeout ]] && limit=()
  : >"$work/head"
  : >"$work/answer"
  status=$(curl -s "${limit[@]}" -H 'Accept: application/json' -H 'User-Agent: drill-client/1' -H 'Connection: close' \
    -D "$work/head" -o "$work/answer" -w '%{http_code}' "$@" 2>/dev/null)
  code=$? lost='' empty=''
  if ((code)); then
    lost="curl ended with $code" status=0
    ((code == 52)) && empty=yes
  fi
}

wait_as_told() {
  local told now
  told=$(header retry-after)
  if [[ $fault == ignores-retry-after ]]; then
    sleep 0.05
  elif [[ $told =~ ^[0-9]+$ ]]; then
    rest $((told * 1000))
  elif [[ -z $told || $fault == reads-no-date ]]; then
    back_off "$1"
  else
    now=$(date -d "$(header date)" +%s 2>/dev/null || date +%s)
    told=$(($(date -d "$told" +%s 2>/dev/null || echo $((now + 1))) - now))
    rest $((told > 0 ? told * 1000 : 0))
  fi
}

# Log in; a token that was refused is never used again.
renew_token() {
  local attempt most=$MAX_LOGINS
  if [[ $fault == refreshes-no-token ]]; then
    (($1 < ATTEMPTS)) && { back_off "$1"; return; }
    stop "the token is refused"
    return 1
  fi
  [[ $fault == logs-in-for-ever ]] && most=$FOR_EVER
  ((logins < most)) || { stop "the token is refused"; return 1; }
  logins=$((logins + 1))
  for ((attempt = 1; attempt <= ATTEMPTS; attempt++)); do
    exchange -u sandbox-client:sandbox-secret -d grant_type=client_credentials "$url/oauth/token"
    if ((status == 200)) && flatten <"$work/answer" >"$work/flat"; then
      token=$(pick access_token "$work/flat")
      return 0
    fi
    ((status > 0 && status < 500 && status != 429)) && break
    back_off "$attempt" || return 1
  done
  stop "the login fails"
}

# A call that the vendor has let in: follow redirects, log in, wait where it says so. 1 if there is no use in more.
call() {
  local method=$1 place=$url$2 hops=0 throttled=0 refused=0 content=() found
  [[ $method == POST ]] && content=(-H 'Content-Type: application/json' --data-binary "@$work/body")
  while :; do
    exchange -X "$method" -H "Authorization: Bearer $token" "${content[@]}" "$place"
    case $status in
      307 | 308)
        found=$(header location)
        ((hops++ < MAX_HOPS)) && [[ -n $found ]] || return 0
        # A path alone is below the host.
        [[ $found == /* ]] && found=$(sed -E 's#^([a-z]+://[^/]+).*#\1#' <<<"$place")$found
        place=$found
        ;;
      401) renew_token $((++refused)) || return 1 ;;
      429)
        ((++throttled >= ATTEMPTS)) && return 0
        wait_as_told "$throttled" || return 1
        [[ $fault == resends-accepted-on-429 && $method == POST ]] && { start_again=yes; return 1; }
        ;;
      *)
        if [[ $status == 503 && -n $(header retry-after) ]]; then wait_as_told 1 || return 1; fi
        [[ $status =~ ^(5..|301|302|303|408|425)$ ]] && lost="answered by $status"
        return 0
        ;;
    esac
  done
}

# Flatten a readable answer into flat; else say why it counts as lost.
read_answer() {
  local kind
  kind=$(header content-type)
  [[ -z $kind || $kind == *json* ]] || { lost="the answer is $kind"; return 1; }
  flatten <"$work/answer" >"$work/flat" && return 0
  lost="the answer is no JSON"
  return 1
}

# ---- look back ---------------------------------------------------------------------------------------------------------

# Fill `stored` with the amounts of all invoices, page by page.
look() {
  local page=$LIST cursor attempt number amount key numbers
  stored=() unsure=yes
  while [[ -n $page ]]; do
    for ((attempt = 1; ; attempt++)); do
      call GET "$page" || return 1
      [[ -z $lost ]] && ((status != 200)) && lost="answered by $status" && attempt=$ATTEMPTS
      [[ -z $lost ]] && read_answer && grep -qi $'^data[\037\t]' "$work/flat" && break
      ((attempt < ATTEMPTS)) || { stop "the list cannot be read (${lost:-no data})"; return 1; }
      back_off "$attempt" || return 1
    done
    declare -A numbers=()
    while IFS=$'\t' read -r number key; do numbers[$number]=$key; done < <(pick 'data/*/invoice_number' "$work/flat")
    while IFS=$'\t' read -r number amount; do
      [[ -n ${numbers[$number]:-} ]] && stored[${numbers[$number]}]=$(to_cents "$amount")
    done < <(pick 'data/*/total_amount' "$work/flat")
    cursor=$(pick pagination/cursor "$work/flat")
    page=''
    [[ -n $cursor && $cursor != null && ${#numbers[@]} -gt 0 ]] && page="$LIST&cursor=$cursor"
    unset numbers
    [[ $fault == page-read-once ]] && break
  done
  unsure=''
}

# Leave in `todo` those that are not stored as they were sent.
keep_missing() {
  local row left=()
  look || return 1
  for row in "${todo[@]}"; do
    [[ ${stored[${keys[row]}]:-} == "$(to_cents "$(total "$row")")" ]] || left+=("$row")
  done
  todo=("${left[@]}")
}

# ---- a chunk -----------------------------------------------------------------------------------------------------------

todo=() postponed=() retried='' start_again='' unsure=''

give_up() {
  local reason=$1 row
  shift
  for row in "$@"; do failed[${keys[row]}]=$reason; done
}

leave() { exit "$1"; }

# Judge each item by the answer in flat; leave in `todo` those to be sent again.
settle() {
  local row key text count good=0 left=() blank=() throttled='' at=0
  declare -A errors=()
  fate=()
  while IFS=$'\t' read -r key _ text; do
    errors[$key]="${errors[$key]:+${errors[$key]}; }$text"
  done < <(pick 'errors/*/*' "$work/flat")
  while IFS=$'\t' read -r key _ text; do
    for row in "${todo[@]}"; do
      [[ ${keys[row]} == "$key" && $fault != swallows-warnings ]] && echo "warning: $key: $text"
      [[ ${keys[row]} == "$key" && $fault == warning-is-failure ]] && errors[$key]="try again: $text"
    done
  done < <(pick 'warnings/*/*' "$work/flat")
  count=$(pick count "$work/flat")
  for row in "${todo[@]}"; do [[ -n ${errors[${keys[row]}]:-} ]] || good=$((good + 1)); done
  for row in "${todo[@]}"; do
    key=${keys[row]} text=${errors[${keys[row]}]:-}
    if [[ $fault == trusts-count && $count =~ ^[0-9]+$ ]]; then
      if ((at++ < count)); then fate[$row]=stored; else fate[$row]=refused why[row]="not counted"; fi
    elif [[ -n $text ]]; then
      why[row]=$text
      if grep -qiE "$TRANSIENT_WORDS" <<<"$text"; then
        fate[$row]=again
        [[ ${text,,} == *"rate limit"* ]] && throttled=yes
      elif grep -qiE "$VALIDATION_WORDS" <<<"$text" || ((tries[row] >= UNSURE_ATTEMPTS)); then
        fate[$row]=refused
      else
        fate[$row]=again
      fi
    elif [[ $count == "$good" || $fault == omitted-is-success ]]; then
      fate[$row]=stored
    else
      blank+=("$row")
    fi
  done
  if ((${#blank[@]})); then
    if [[ $fault != omitted-is-failure ]]; then look || return 1; fi
    for row in "${blank[@]}"; do
      fate[$row]=again why[row]="no outcome, and not stored"
      [[ ${stored[${keys[row]}]:-} == "$(to_cents "$(total "$row")")" ]] && fate[$row]=stored
    done
  fi
  for row in "${todo[@]}"; do
    if [[ ${fate[$row]} == stored ]]; then
      unset "failed[${keys[row]}]"
    elif [[ $fault == stops-at-first-error ]]; then
      leave 0
    elif [[ ${fate[$row]} == refused && $fault != retries-4xx-for-ever ]]; then
      give_up "${why[row]}" "$row"
    else
      left+=("$row")
    fi
  done
  todo=("${left[@]}")
  ((${#todo[@]})) || return 0
  [[ $fault == resends-all || ($fault == retries-whole-batch-on-item-throttle && -n $throttled) ]] && todo=("${part[@]}")
  [[ $fault == loses-order ]] && postponed+=("${todo[@]}") && todo=()
  return 0
}

# Decide what to send after an answer that was lost.
after_loss() {
  retried=yes
  case $fault in
    stops-at-first-error) leave 0 ;;
    treats-lost-as-success | treats-lost-as-failure-silently) todo=() ;;
    resends-all) todo=("${part[@]}") ;;
    retries-lost-without-looking) ;;
    loses-order)
      keep_missing || return 1
      postponed+=("${todo[@]}")
      todo=()
      ;;
    *) keep_missing || return 1 ;;
  esac
}

after_refusal() {
  local reason
  [[ $fault == retries-4xx-for-ever ]] && return 0
  [[ $fault == stops-at-first-error ]] && leave 0
  reason="refused: $status $(head -c 200 "$work/answer" | tr '\n' ' ')"
  [[ $status =~ ^(401|403|404|405|415|429)$ ]] && { stop "$reason"; return 1; }
  give_up "$reason" "${todo[@]}"
  todo=()
}

believes_blindly() {
  case $fault in
    status-line-only) [[ $status == 2* ]] ;;
    empty-is-success) [[ -n $empty ]] ;;
    html-is-success) [[ $(header content-type) == *html* ]] ;;
    unreadable-is-success) [[ $status == 2* ]] && ! (read_answer) ;;
    *) return 1 ;;
  esac
}

# Send the rows of `part` until each is stored or given up; 1 if there is no use in going on.
deliver() {
  local attempt row last=0 most=$ATTEMPTS
  [[ $fault == retries-4xx-for-ever || $fault == retries-for-ever ]] && most=$FOR_EVER
  todo=("${part[@]}") unsure=''
  for ((attempt = 1; attempt <= most; attempt++)); do
    if ((attempt > 1)); then
      retried=yes
      if ((most == FOR_EVER)); then sleep 0.02; else back_off $((attempt - 1)) || return 1; fi
    fi
    for row in "${todo[@]}"; do tries[row]=$((tries[row] + 1)); done
    body_of "${todo[@]}" >"$work/body"
    call POST /v1/invoices || return 1
    if [[ $status == 30? && $last == "$status" ]]; then
      give_up "$lost" "${todo[@]}" # sent where it came from twice: no use in a third time
      return 0
    fi
    last=$status
    unsure=$lost
    if believes_blindly; then
      return 0
    elif [[ -n $lost ]]; then
      after_loss || return 1
    elif [[ $status != 2* ]]; then
      after_refusal || return 1
    elif read_answer && grep -qi $'^errors[\037\t]' "$work/flat"; then
      settle || return 1
    else
      lost=${lost:-the answer has no map of errors} unsure=yes
      after_loss || return 1
    fi
    ((${#todo[@]})) || return 0
  done
  [[ $fault == gives-up-silently ]] && return 0
  for row in "${todo[@]}"; do give_up "${why[row]:-${lost:-not stored}}" "$row"; done
}

# ---- all chunks --------------------------------------------------------------------------------------------------------

# Cut the rows; a key that comes again opens a chunk, as it is refused twice in one call.
send_all() {
  local row other full
  part=()
  for row in "${!keys[@]}"; do
    full=''
    ((${#part[@]} == chunk)) && full=yes
    for other in "${part[@]}"; do [[ ${keys[other]} == "${keys[row]}" ]] && full=yes; done
    if [[ -n $full ]]; then
      other=${part[-1]}
      deliver || return 1
      part=()
      [[ $fault == overlaps-chunks ]] && part=("$other")
    fi
    part+=("$row")
  done
  if ((${#part[@]} < chunk)); then
    [[ $fault == drops-last-chunk && -n $retried ]] && return 0
  fi
  deliver || return 1
  while ((${#postponed[@]})); do
    part=("${postponed[-1]}") fault=''
    unset 'postponed[-1]'
    deliver || return 1
  done
}

load_rows
if ! send_all; then
  if [[ -n $start_again ]]; then # once is enough
    fault='' start_again=''
    send_all || :
  fi
  if [[ -n $stopped ]]; then
    give_up "${unsure:+unknown whether it is stored, }$stopped" "${todo[@]}"
    for row in "${!keys[@]}"; do
      ((tries[row])) || [[ -n ${failed[${keys[row]}]:-} ]] || give_up "not sent, $stopped" "$row"
    done
    [[ $fault == gives-up-silently ]] && exit 0
  fi
fi
[[ $fault == forgets-failures ]] && exit 0
((${#failed[@]})) || exit 0
for key in "${!failed[@]}"; do echo "not stored: $key: ${failed[$key]}" >&2; done
exit 1

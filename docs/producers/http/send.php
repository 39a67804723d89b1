<?php
// Send votes to tutti's HTTP intake: TUTTI_TOKEN=… php send.php < votes.jsonl
// Reads one JSON object per line. Exit status 0: every message was acknowledged.
// PHP 8 without extensions beyond zlib, which Debian's php-cli has.

const BATCH = 500;
const TRIES = 20;
const AGAIN = [0, 408, 409, 429, 500, 502, 503, 504];
const LONGEST_WAIT_S = 30;

function fail(string $why): never
{
    fwrite(STDERR, "$why\n");
    exit(1);
}

/** One try: status, answer and Retry-After; status 0: there was no answer. */
function post(string $body, string $key): array
{
    $url = (getenv('TUTTI_HTTP') ?: 'http://127.0.0.1:18110') . '/v1/votes';
    $context = stream_context_create(['http' => [
        'method' => 'POST',
        'header' => [
            'Authorization: Bearer ' . getenv('TUTTI_TOKEN'),
            'Content-Type: application/x-ndjson',
            'Content-Encoding: gzip',
            "Idempotency-Key: $key",
        ],
        'content' => $body,
        'ignore_errors' => true, // read the body of refusals, too
        'timeout' => 60,
    ]]);
    $text = @file_get_contents($url, false, $context);
    $status = 0;
    $retryAfter = '';
    foreach ($http_response_header ?? [] as $header) {
        if (preg_match('{^HTTP/\S+ (\d+)}', $header, $found)) {
            $status = (int) $found[1];
        } elseif (preg_match('{^Retry-After: (\d+)}i', $header, $found)) {
            $retryAfter = $found[1];
        }
    }
    $answer = json_decode($text ?: '', true);
    if ($status === 200 && !is_array($answer)) {
        $status = 0; // the connection broke before the whole receipt
    }
    return [$status, is_array($answer) ? $answer : [], $retryAfter];
}

/** Send a batch, the same bytes under the same key, until it has an answer that stays. */
function send(array $lines): array
{
    $body = gzencode(implode('', $lines));
    $key = bin2hex(random_bytes(16));
    for ($number = 0; $number < TRIES; $number++) {
        [$status, $answer, $retryAfter] = post($body, $key);
        if (!in_array($status, AGAIN, true)) {
            return [$status, $answer];
        }
        sleep(min($retryAfter === '' ? 2 ** $number : (int) $retryAfter, LONGEST_WAIT_S));
    }
    fail('gave up after ' . TRIES . ' tries: send these lines again later');
}

$accepted = $rejected = $line = 0;
while (!feof(STDIN)) {
    $lines = [];
    while (count($lines) < BATCH && ($next = fgets(STDIN)) !== false) {
        $lines[] = $next;
    }
    if (!$lines) {
        break;
    }
    [$status, $answer] = send($lines);
    if ($status !== 200 && !isset($answer['rejected'])) {
        fail("$status " . ($answer['title'] ?? '') . ' ' . ($answer['cure'] ?? ''));
    }
    $accepted += $answer['accepted'] ?? 0;
    foreach ($answer['rejected'] as $one) {
        $rejected++;
        $place = $line + $one['line'];
        fwrite(STDERR, "line $place: {$one['reason']}: {$one['cure']}\n");
    }
    $line += count($lines);
}
echo "$accepted accepted, $rejected rejected\n";
exit($rejected ? 1 : 0);

// Send votes to tutti's HTTP intake: TUTTI_TOKEN=… java Send.java < votes.jsonl
// Reads one JSON object per line. Exit status 0: every message was acknowledged.
// Java 17 or newer, without libraries: a program of yours would read the receipt with its own
// JSON library, here two patterns do.

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPOutputStream;

public class Send {
    static final String URL =
        System.getenv().getOrDefault("TUTTI_HTTP", "http://127.0.0.1:18110") + "/v1/votes";
    static final int BATCH = 500;
    static final int TRIES = 20;
    static final Set<Integer> AGAIN = Set.of(408, 409, 429, 500, 502, 503, 504);
    static final long LONGEST_WAIT_S = 30;
    static final Pattern ACCEPTED = Pattern.compile("\"accepted\":(\\d+)");
    static final Pattern REJECTED = Pattern.compile(
        "\\{\"line\":(\\d+),\"reason\":\"(\\w+)\",\"cure\":\"((?:[^\"\\\\]|\\\\.)*)\"");
    static final HttpClient CLIENT =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    static int accepted;
    static int rejected;
    static int line;

    public static void main(String[] arguments) throws Exception {
        var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        List<String> lines = new ArrayList<>();
        for (String next; (next = input.readLine()) != null; ) {
            lines.add(next);
            if (lines.size() == BATCH) {
                flush(lines);
                lines.clear();
            }
        }
        if (!lines.isEmpty()) {
            flush(lines);
        }
        System.out.println(accepted + " accepted, " + rejected + " rejected");
        System.exit(rejected > 0 ? 1 : 0);
    }

    static void flush(List<String> lines) throws Exception {
        HttpResponse<String> answer = send(lines);
        String text = answer.body();
        if (!text.contains("\"rejected\":")) {
            fail(answer.statusCode() + " " + text);
        }
        Matcher count = ACCEPTED.matcher(text);
        accepted += count.find() ? Integer.parseInt(count.group(1)) : 0;
        Matcher one = REJECTED.matcher(text);
        while (one.find()) {
            rejected++;
            int place = line + Integer.parseInt(one.group(1));
            System.err.println("line " + place + ": " + one.group(2) + ": " + one.group(3));
        }
        line += lines.size();
    }

    /** Send a batch, the same bytes under the same key, until it has an answer that stays. */
    static HttpResponse<String> send(List<String> lines) throws Exception {
        var body = new ByteArrayOutputStream();
        try (var packed = new GZIPOutputStream(body)) {
            packed.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        HttpRequest request = HttpRequest.newBuilder(URI.create(URL))
            .timeout(Duration.ofSeconds(60))
            .header("Authorization", "Bearer " + System.getenv("TUTTI_TOKEN"))
            .header("Content-Type", "application/x-ndjson")
            .header("Content-Encoding", "gzip")
            .header("Idempotency-Key", UUID.randomUUID().toString())
            .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
            .build();
        for (int number = 0; number < TRIES; number++) {
            long wait = 1L << number;
            try {
                var answer = CLIENT.send(request, HttpResponse.BodyHandlers.ofString());
                if (!AGAIN.contains(answer.statusCode())) {
                    return answer;
                }
                String after = answer.headers().firstValue("Retry-After").orElse("");
                wait = after.matches("\\d{1,9}") ? Long.parseLong(after) : wait;
            } catch (IOException noAnswer) {
                // No connection, or it broke before the whole answer.
            }
            Thread.sleep(1000 * Math.min(wait, LONGEST_WAIT_S));
        }
        fail("gave up after " + TRIES + " tries: send these lines again later");
        return null;
    }

    static void fail(String why) {
        System.err.println(why);
        System.exit(1);
    }
}

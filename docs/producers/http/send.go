// Send votes to tutti's HTTP intake: TUTTI_TOKEN=… go run send.go < votes.jsonl
//
// Reads one JSON object per line. Exit status 0: every message was acknowledged.
// Go 1.19 or newer, without modules.
package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"
)

const (
	batch       = 500
	tries       = 20
	longestWait = 30 * time.Second
	longestLine = 1 << 20
)

var again = map[int]bool{0: true, 408: true, 409: true, 429: true, 500: true, 502: true, 503: true, 504: true}

type answer struct {
	Accepted int
	Rejected *[]struct {
		Line         int
		Reason, Cure string
	}
	Title, Cure string
}

var client = &http.Client{Timeout: time.Minute}

func url() string {
	if given := os.Getenv("TUTTI_HTTP"); given != "" {
		return given + "/v1/votes"
	}
	return "http://127.0.0.1:18110/v1/votes"
}

// post is one try: status, answer and Retry-After; status 0: there was no answer.
func post(body []byte, key string) (int, answer, string) {
	var found answer
	request, err := http.NewRequest("POST", url(), bytes.NewReader(body))
	if err != nil {
		fail(err.Error())
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("TUTTI_TOKEN"))
	request.Header.Set("Content-Type", "application/x-ndjson")
	request.Header.Set("Content-Encoding", "gzip")
	request.Header.Set("Idempotency-Key", key)
	response, err := client.Do(request)
	if err != nil {
		return 0, found, ""
	}
	defer response.Body.Close()
	if json.NewDecoder(response.Body).Decode(&found) != nil && response.StatusCode == 200 {
		return 0, found, "" // the connection broke before the whole receipt
	}
	return response.StatusCode, found, response.Header.Get("Retry-After")
}

// send sends a batch, the same bytes under the same key, until it has an answer that stays.
func send(lines [][]byte) (int, answer) {
	var body bytes.Buffer
	packed := gzip.NewWriter(&body)
	packed.Write(append(bytes.Join(lines, []byte("\n")), '\n'))
	packed.Close()
	random := make([]byte, 16)
	if _, err := rand.Read(random); err != nil {
		fail(err.Error())
	}
	key := hex.EncodeToString(random)
	for number := 0; number < tries; number++ {
		status, found, retryAfter := post(body.Bytes(), key)
		if !again[status] {
			return status, found
		}
		wait := time.Second << number
		if seconds, err := strconv.Atoi(retryAfter); err == nil {
			wait = time.Duration(seconds) * time.Second
		}
		if wait > longestWait {
			wait = longestWait
		}
		time.Sleep(wait)
	}
	fail(fmt.Sprintf("gave up after %d tries: send these lines again later", tries))
	return 0, answer{}
}

func fail(why string) {
	fmt.Fprintln(os.Stderr, why)
	os.Exit(1)
}

func main() {
	accepted, rejected, line := 0, 0, 0
	flush := func(lines [][]byte) {
		status, found := send(lines)
		if found.Rejected == nil {
			fail(fmt.Sprintf("%d %s %s", status, found.Title, found.Cure))
		}
		accepted += found.Accepted
		for _, one := range *found.Rejected {
			rejected++
			fmt.Fprintf(os.Stderr, "line %d: %s: %s\n", line+one.Line, one.Reason, one.Cure)
		}
		line += len(lines)
	}
	var lines [][]byte
	scanner := bufio.NewScanner(os.Stdin)
	scanner.Buffer(nil, longestLine)
	for scanner.Scan() {
		lines = append(lines, append([]byte{}, scanner.Bytes()...))
		if len(lines) == batch {
			flush(lines)
			lines = nil
		}
	}
	if err := scanner.Err(); err != nil {
		fail(err.Error())
	}
	if len(lines) > 0 {
		flush(lines)
	}
	fmt.Printf("%d accepted, %d rejected\n", accepted, rejected)
	if rejected > 0 {
		os.Exit(1)
	}
}

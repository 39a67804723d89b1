// Send votes, one JSON object per line of standard input:
//   java -cp "build/jars/kafka/*" docs/producers/Produce.java < votes.jsonl
// Needs kafka-clients and jackson-databind. TUTTI_KAFKA: the broker, default 127.0.0.1:18103.

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;

public class Produce {
    public static void main(String[] arguments) throws Exception {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", System.getenv().getOrDefault("TUTTI_KAFKA", "127.0.0.1:18103"),
            "enable.idempotence", true, // with acks=all: no loss and no repeat by retries
            "acks", "all");             // the partitioner stays Java's own, murmur2 of the key
        ObjectMapper json = new ObjectMapper();
        AtomicInteger failed = new AtomicInteger();
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (KafkaProducer<String, String> producer =
                new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (String line; (line = lines.readLine()) != null; ) {
                String key = json.readTree(line).required("participant_id").textValue();
                // Waits when the broker is slower. A message that is too large fails like any
                // other: the callback hears of it.
                producer.send(new ProducerRecord<>("tutti.votes.v1", key, line), (place, error) -> {
                    if (error == null) { // the coordinates that marts.dead_letters names
                        System.out.println(place.topic() + "/" + place.partition() + "/" + place.offset());
                    } else {
                        failed.incrementAndGet();
                        System.err.println("not sent: " + error.getMessage());
                    }
                });
            }
        } // close() waits for the last answers
        System.exit(failed.get() == 0 ? 0 : 1);
    }
}

// java.net.http, which does not send a PUT or POST again, in a loop: after an IOException and after a 5xx.
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;

class HttpClientLoop {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] words) throws Exception {
        for (int place = 2; place < words.length; place++) {
            var request = HttpRequest.newBuilder(URI.create(words[1])).timeout(Duration.ofSeconds(3))
                .header("Authorization", "Bearer " + System.getenv("TOKEN"))
                .header("xero-tenant-id", System.getenv("TENANT"))
                .header("Content-Type", "application/json")
                .method(words[0], BodyPublishers.ofFile(Path.of(words[place])));
            if (System.getenv("KEYS") != null) request.header("Idempotency-Key", words[place]);
            send(request.build(), 3);
        }
    }

    private static void send(HttpRequest request, int retries) throws Exception {
        try {
            int status = CLIENT.send(request, BodyHandlers.ofString()).statusCode();
            if (status < 300) return;
            if (status < 500 || retries == 0) throw new IllegalStateException("status " + status);
        } catch (IOException error) {
            if (retries == 0) throw error;
        }
        Thread.sleep(1600 >> retries);
        send(request, retries - 1);
    }
}

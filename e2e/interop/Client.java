// The JDK's own client, run from its source: java Client.java ws://127.0.0.1:3001/local

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

public class Client implements WebSocket.Listener {
    static final HttpClient HTTP = HttpClient.newHttpClient();

    final LinkedBlockingQueue<String> messages = new LinkedBlockingQueue<>();
    final CompletableFuture<String> end = new CompletableFuture<>();
    final StringBuilder parts = new StringBuilder();
    WebSocket socket;

    static Client open(String url, String... protocols) throws Exception {
        Client client = new Client();
        WebSocket.Builder builder = HTTP.newWebSocketBuilder();
        if (protocols.length == 2) builder.subprotocols(protocols[0], protocols[1]);
        client.socket = builder.buildAsync(URI.create(url), client).get(30, TimeUnit.SECONDS);
        return client;
    }

    public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
        parts.append(part);
        if (last) {
            messages.add(parts.toString());
            parts.setLength(0);
        }
        socket.request(1);
        return null;
    }

    public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        end.complete(code + ",\"" + reason + "\"");
        return null;
    }

    void send(String text) throws Exception {
        socket.sendText(text, true).get(30, TimeUnit.SECONDS);
    }

    String ask(String text) throws Exception {
        send(text);
        return messages.poll(30, TimeUnit.SECONDS);
    }

    String closed() throws Exception {
        return end.get(30, TimeUnit.SECONDS);
    }

    static String code(Client client) throws Exception {
        return client.closed().split(",")[0];
    }

    static void print(String name, Object value) {
        System.out.print((name.equals("text") ? "{" : ",") + "\"" + name + "\":" + value);
    }

    public static void main(String[] args) throws Exception {
        String url = args[0];
        Client client = open(url);
        print("text", "\"" + client.ask("hello") + "\"");
        boolean same = client.ask("grüß dich 🦀").equals("grüß dich 🦀");
        print("unicode", same ? "\"gr\\u00fc\\u00df dich \\ud83e\\udd80\"" : "\"another\"");
        print("frame", client.ask("a".repeat(32_768)).length());
        print("fragments", client.ask("much").length());
        HashSet<String> all = new HashSet<>();
        for (int number = 0; number < 100; number++) client.send("number " + number);
        for (int number = 0; number < 100; number++) all.add(client.messages.poll(30, TimeUnit.SECONDS));
        print("hundred", all.size());
        client.socket.sendClose(3001, "bye").get(30, TimeUnit.SECONDS);
        print("close", "[" + client.closed() + "]");

        client = open(url, "chat.v1", "chat.v2");
        print("subprotocol", "\"" + client.socket.getSubprotocol() + "\"");
        client.send("disconnect me");
        print("disconnected", "[" + client.closed() + "]");

        String refused = "\"accepted\"";
        try {
            open(url + "?refuse=1");
        } catch (java.util.concurrent.ExecutionException error) {
            refused = "\"refused\"";
        }
        print("refused", refused);
        client = open(url);
        client.socket.sendBinary(ByteBuffer.wrap(new byte[] {1, 2, 3}), true);
        print("binary", code(client));
        client = open(url);
        // This client chooses the size of its frames, so only a message can be too large.
        client.socket.sendText("a".repeat(131_073), true);
        print("large", code(client));
        System.out.println("}");
        System.exit(0);
    }
}

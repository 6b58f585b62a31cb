// A TLS client on the JDK's JSSE, for the interop tests. JDK 17 or later, nothing else. ../README.md says what it
// understands. After each 64 KiB of a direction it changes that direction's key (RFC 8446 §4.6.3), so every longer transfer
// is also one with KeyUpdates.
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

public final class Client {
    private static final char[] PASSWORD = "interop".toCharArray();
    // A context keeps the sessions of its connections.
    private static final Map<String, SSLContext> CONTEXTS = new HashMap<>();

    public static void main(String[] arguments) throws Exception {
        // The tests say what is offered, weak suites included.
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        Security.setProperty("jdk.tls.keyLimits",
            "AES/GCM/NoPadding KeyUpdate 2^16, ChaCha20-Poly1305 KeyUpdate 2^16");
        System.setProperty("jdk.tls.client.enableStatusRequestExtension", "true");
        BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line; (line = input.readLine()) != null;) {
            Map<String, String> request = new HashMap<>();
            for (String field : line.split("\t")) {
                int end = field.indexOf('=');
                request.put(field.substring(0, end), field.substring(end + 1));
            }
            List<String> answer = new ArrayList<>();
            try {
                connect(request, answer);
            } catch (Exception error) {
                Throwable cause = error.getCause();
                tell(answer, "error", error + (cause == null ? "" : " " + cause));
            }
            System.out.println(String.join("\t", answer));
        }
    }

    private static void tell(List<String> answer, String name, Object value) {
        answer.add(name + "=" + String.valueOf(value).replaceAll("[\t\n]+", " "));
    }

    private static SSLContext context(Map<String, String> request) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream file = new FileInputStream(request.get("ca"))) {
            trusted.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(file));
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(trusted);
        KeyManager[] keys = null;
        if (request.containsKey("keystore")) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream file = new FileInputStream(request.get("keystore"))) {
                store.load(file, PASSWORD);
            }
            KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
            factory.init(store, PASSWORD);
            keys = factory.getKeyManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, trust.getTrustManagers(), null);
        return context;
    }

    /** IANA's name of a suite: those that SSL 3.0 had begin with SSL here. */
    private static String iana(String suite) {
        return suite.replaceFirst("^SSL_", "TLS_");
    }

    /** JSSE's name of a version: 3.0 is SSL 3.0. */
    private static String name(String version) {
        return version.equals("3.0") ? "SSLv3" : version.equals("1.0") ? "TLSv1" : "TLSv" + version;
    }

    private static void connect(Map<String, String> request, List<String> answer) throws Exception {
        String session = request.getOrDefault("session", "");
        SSLContext context = session.isEmpty() ? context(request) : CONTEXTS.get(session);
        if (context == null) CONTEXTS.put(session, context = context(request));

        String name = request.get("name");
        long start = System.currentTimeMillis();
        try (Socket plain = new Socket(InetAddress.getByName("127.0.0.1"), Integer.parseInt(request.get("port")));
            SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(
                plain, name.isEmpty() ? "127.0.0.1" : name, plain.getPort(), true)) {
            plain.setSoTimeout(60_000);
            plain.setTcpNoDelay(true);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setProtocols(request.get("min").equals(request.get("max"))
                ? new String[] {name(request.get("min"))} : new String[] {"TLSv1.3", "TLSv1.2"});
            parameters.setCipherSuites(Arrays.stream(socket.getSupportedCipherSuites())
                .filter(suite -> !suite.contains("_anon_") && !suite.contains("_NULL_"))
                .filter(suite -> !request.containsKey("suites") || suite.equals("TLS_EMPTY_RENEGOTIATION_INFO_SCSV")
                    || Arrays.asList(request.get("suites").split(",")).contains(iana(suite)))
                .toArray(String[]::new));
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            if (!name.isEmpty()) parameters.setServerNames(List.of(new SNIHostName(name)));
            if (request.containsKey("alpn")) parameters.setApplicationProtocols(request.get("alpn").split(","));
            socket.setSSLParameters(parameters);
            socket.startHandshake();

            ExtendedSSLSession agreed = (ExtendedSSLSession) socket.getSession();
            tell(answer, "version", agreed.getProtocol().replace("SSLv3", "SSL 3.0").replaceFirst("TLSv1$", "1.0").replace("TLSv", ""));
            tell(answer, "suite", iana(agreed.getCipherSuite()));
            tell(answer, "alpn", socket.getApplicationProtocol());
            // A session that was there before.
            tell(answer, "resumed", agreed.getCreationTime() < start);
            List<byte[]> responses = agreed.getStatusResponses();
            tell(answer, "status", responses.isEmpty() ? "" : HexFormat.of().formatHex(responses.get(0)));

            InputStream input = socket.getInputStream();
            OutputStream output = socket.getOutputStream();
            if (request.containsKey("send")) {
                List<String> replies = new ArrayList<>();
                for (String line : request.get("send").split("\\|", -1)) {
                    output.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                    output.flush();
                    replies.add(line(input));
                }
                tell(answer, "replies", String.join("|", replies));
            }
            int octets = Integer.parseInt(request.getOrDefault("transfer", "0"));
            if (octets > 0) {
                transfer(input, output, octets);
                tell(answer, "transferred", octets);
            }
            // In TLS 1.3 one direction; the other is read to its end.
            socket.shutdownOutput();
            if (input.read() >= 0) throw new IOException("data after the last reply");
            tell(answer, "closed", 1);
            // Sessions are told apart by milliseconds.
            Thread.sleep(2);
        }
    }

    private static String line(InputStream input) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet; (octet = input.read()) != '\n';) {
            if (octet < 0) throw new IOException("closed by the server");
            line.write(octet);
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    /** Sends and receives at the same time and compares. */
    private static void transfer(InputStream input, OutputStream output, int octets) throws Exception {
        byte[] block = new byte[61_441];
        for (int index = 0; index < block.length; index++) block[index] = (byte) (index * index >> 3);
        MessageDigest sent = MessageDigest.getInstance("SHA-256");
        MessageDigest received = MessageDigest.getInstance("SHA-256");
        IOException[] failure = {null};
        Thread sending = new Thread(() -> {
            try {
                for (int rest = octets; rest > 0; rest -= block.length) {
                    int count = Math.min(rest, block.length);
                    output.write(block, 0, count);
                    sent.update(block, 0, count);
                }
            } catch (IOException error) {
                failure[0] = error;
            }
        });
        sending.start();
        byte[] buffer = new byte[1 << 16];
        for (int rest = octets; rest > 0;) {
            int count = input.read(buffer, 0, Math.min(rest, buffer.length));
            if (count < 0) throw new IOException("closed by the server");
            received.update(buffer, 0, count);
            rest -= count;
        }
        sending.join();
        if (failure[0] != null) throw failure[0];
        if (!Arrays.equals(sent.digest(), received.digest())) throw new IOException("what came back is not what was sent");
    }
}

package io.github.vla3d.evaluation;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tells policies apart: the beginning of a SHA-256 over names and bytes of all files that decide
 * what a policy does.
 */
final class Fingerprint {
  private static final int DIGITS = 12;
  private static final List<String> ENDINGS =
      List.of(".safetensors", ".json", ".yaml", ".model", ".pt", ".bin");

  /** Says where the policy below a plug-in lies, which is no part of what it does. */
  private static final String PLUGIN = "plugin.json";

  private Fingerprint() {}

  /**
   * @param folders with a policy's files; the same folder counts once
   */
  static String of(Path... folders) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      LinkedHashSet<Path> once = new LinkedHashSet<>();
      for (Path folder : folders) {
        once.add(folder.toRealPath());
      }
      for (Path folder : once) {
        List<Path> files;
        try (Stream<Path> listed = Files.list(folder)) {
          files = listed.filter(Fingerprint::counts).sorted().toList();
        }
        for (Path file : files) {
          digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
          try (InputStream in = Files.newInputStream(file)) {
            byte[] block = new byte[1 << 16];
            for (int n = in.read(block); n > 0; n = in.read(block)) {
              digest.update(block, 0, n);
            }
          }
        }
      }
      return HexFormat.of().formatHex(digest.digest()).substring(0, DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean counts(Path file) {
    String name = file.getFileName().toString();
    return !name.equals(PLUGIN)
        && ENDINGS.stream().anyMatch(name::endsWith)
        && Files.isRegularFile(file);
  }
}

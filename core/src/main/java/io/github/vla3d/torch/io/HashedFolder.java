package io.github.vla3d.torch.io;

import io.github.vla3d.torch.TorchException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Files under the SHA-256 of what they were made of: results that took time and need not be
 * computed again. Several processes may share the folder; a file is whole or not there.
 */
public final class HashedFolder {
  private final Path folder;
  private final String suffix;

  /**
   * @param folder is made when something is kept
   * @param suffix of the files, with its dot
   */
  public HashedFolder(Path folder, String suffix) {
    this.folder = folder;
    this.suffix = suffix;
  }

  /**
   * The SHA-256 of a file's content, in hexadecimal digits.
   *
   * @throws TorchException if it cannot be read
   */
  public static String sha256(Path file) {
    return FileIo.reading(
        file,
        () -> {
          MessageDigest digest = digest();
          try (InputStream in = Files.newInputStream(file)) {
            byte[] piece = new byte[1 << 16];
            for (int n = in.read(piece); n >= 0; n = in.read(piece)) {
              digest.update(piece, 0, n);
            }
          }
          return HexFormat.of().formatHex(digest.digest());
        });
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The file for something that is made of these bytes; it need not be there. */
  public Path file(byte[]... content) {
    MessageDigest digest = digest();
    for (byte[] part : content) {
      digest.update(part);
    }
    String key = HexFormat.of().formatHex(digest.digest());
    return folder.resolve(key.substring(0, 2)).resolve(key + suffix);
  }

  /**
   * What was kept in a file of this folder; null for nothing.
   *
   * @throws TorchException if it cannot be read
   */
  public byte @Nullable [] read(Path file) {
    return Files.isRegularFile(file) ? FileIo.reading(file, () -> Files.readAllBytes(file)) : null;
  }

  /**
   * Keeps something.
   *
   * @throws TorchException if it cannot be written; nothing is left of it then
   */
  public void write(Path file, byte[] content) {
    try {
      Files.createDirectories(file.resolveSibling(""));
    } catch (IOException e) {
      throw new TorchException(file + ": cannot be written: " + e.getMessage(), e);
    }
    FileIo.writeAtomically(
        file,
        channel -> {
          ByteBuffer left = ByteBuffer.wrap(content);
          while (left.hasRemaining()) {
            channel.write(left);
          }
        });
  }
}

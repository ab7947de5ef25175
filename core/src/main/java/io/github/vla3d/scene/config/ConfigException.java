package io.github.vla3d.scene.config;

/** A choice that cannot be: names the key, what was wanted and what was got. */
public final class ConfigException extends IllegalArgumentException {
  private static final long serialVersionUID = 1;

  public ConfigException(String message) {
    super(message);
  }

  public ConfigException(String message, Throwable cause) {
    super(message, cause);
  }

  static void require(boolean condition, String key, String wanted, Object got) {
    if (!condition) {
      throw new ConfigException(key + ": wanted " + wanted + ", got " + got);
    }
  }
}

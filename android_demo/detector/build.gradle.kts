plugins {
    `java-library`
}

tasks.withType<JavaCompile>().configureEach {
    options.release.set(8) // its classes too: ByteBuffer.clear() of a later Java is not there on Android 7
}

dependencies {
    testImplementation("junit:junit:4.13.2")
}

import javax.inject.Inject

plugins {
    id("com.android.application")
}

fun setting(name: String) = providers.gradleProperty("ffkeras.$name").get()

android {
    namespace = "ffkeras.demo"
    compileSdk = 36

    defaultConfig {
        applicationId = setting("applicationId")
        minSdk = setting("minSdk").toInt()
        targetSdk = setting("targetSdk").toInt()
        versionCode = setting("versionCode").toInt()
        versionName = setting("versionName")
    }

    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_1_8
        targetCompatibility = JavaVersion.VERSION_1_8
    }
}

dependencies {
    implementation(project(":detector"))
    implementation("com.google.ai.edge.litert:litert:1.4.2") // 1.x: org.tensorflow.lite's interpreter alone
}

/** Lays the app's models where assets are looked for, so that no model is in the repository twice. */
abstract class BundleModels : DefaultTask() {
    @get:InputFiles
    abstract val models: ConfigurableFileCollection

    @get:OutputDirectory
    abstract val assets: DirectoryProperty

    @get:Inject
    abstract val files: FileSystemOperations

    @TaskAction
    fun bundle() {
        val missing = models.filter { !it.isFile }
        if (models.isEmpty || !missing.isEmpty) {
            throw GradleException("there is no model ${missing.asPath}; run tools/bundle_android.py with others.")
        }
        files.sync {
            from(models)
            into(assets.dir("models"))
        }
    }
}

val chosen = rootProject.layout.projectDirectory.dir("models") // of tools/bundle_android.py
val released = rootProject.layout.projectDirectory.dir("../tflite/models")

val bundleModels = tasks.register<BundleModels>("bundleModels") {
    if (chosen.asFile.isDirectory) {
        models.from(chosen.asFileTree.matching { include("*.tflite") })
    } else {
        models.from(setting("defaultModels").split(" ").map { released.file(it) })
    }
}

androidComponents {
    onVariants { variant ->
        variant.sources.assets?.addGeneratedSourceDirectory(bundleModels, BundleModels::assets)
    }
}

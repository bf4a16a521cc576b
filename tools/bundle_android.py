#!/usr/bin/env python3
"""Choose the models of the Android app: both of its builds take what this puts into android_demo/models.

Without a choice they take the released files that android_demo/gradle.properties names.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ffkeras import cli
from ffkeras.errors import UserError


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; mistakes end here, before anything slow is imported."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path, metavar="FILE", help="files of tools/convert_tflite.py")
    parser.add_argument("--default", action="store_true", help="forget the choice, and take the released files again")
    options = parser.parse_args(arguments)
    if bool(options.models) == options.default:
        raise UserError("name the models that the app should have, or --default for the released ones.")
    return options


def main(arguments: list[str] | None = None) -> None:
    """Check the files, put them where the builds look, tell what does not suit a phone."""
    options = parse_arguments(arguments)
    from ffkeras.android import MODELS_FOLDER, bundle_models, drop_bundle
    from ffkeras.runtime.trial import try_model

    if options.default:
        drop_bundle()
        print(f"removed {MODELS_FOLDER}")
        return
    for path in options.models:
        try_model(path)
    for model in bundle_models(options.models):
        print(model.describe())
        for remark in model.remarks():
            print(f"note: {model.name} works, but {remark}")
    print(f"wrote {MODELS_FOLDER}; build the app again")


if __name__ == "__main__":
    cli.run(main)

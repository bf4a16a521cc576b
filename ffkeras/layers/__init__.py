"""The blocks that the networks are built from, one file each. Takes feature maps [B, H, W, C], gives feature maps."""

from ffkeras.layers.activation import make_activation
from ffkeras.layers.assn import ASSN
from ffkeras.layers.attention_multiplication import AttentionMultiplication
from ffkeras.layers.backbone import MobileNetV1
from ffkeras.layers.batch_norm import BatchNorm
from ffkeras.layers.bifpn import BiFPN, BiFPNLayer
from ffkeras.layers.block import Block, Filters, identity
from ffkeras.layers.cbam import CBAM, SharedCBAM
from ffkeras.layers.channel_shuffle import ChannelShuffle
from ffkeras.layers.conv_bn import ConvBN
from ffkeras.layers.deformable_convolution import DeformableConvBN
from ffkeras.layers.depthwise_separable import DepthwiseSeparable
from ffkeras.layers.dynamic_weight_sharing import DynamicWeightSharing
from ffkeras.layers.fast_fusion import FastFusion
from ffkeras.layers.heads import OUTPUTS, VALUES, DetectionHeads
from ffkeras.layers.mse_fpn import MSEFPN
from ffkeras.layers.multi_scale_intelligence import MultiScaleIntelligence
from ffkeras.layers.progressive_enhancement import ProgressiveEnhancement
from ffkeras.layers.scale_decoupling import ScaleDecoupling
from ffkeras.layers.smart_feature_reuse import SmartFeatureReuse
from ffkeras.layers.ssh import SSH, SSHFourBranches

__all__ = [
    "ASSN",
    "CBAM",
    "MSEFPN",
    "OUTPUTS",
    "SSH",
    "VALUES",
    "AttentionMultiplication",
    "BatchNorm",
    "BiFPN",
    "BiFPNLayer",
    "Block",
    "ChannelShuffle",
    "ConvBN",
    "DeformableConvBN",
    "DepthwiseSeparable",
    "DetectionHeads",
    "DynamicWeightSharing",
    "FastFusion",
    "Filters",
    "MobileNetV1",
    "MultiScaleIntelligence",
    "ProgressiveEnhancement",
    "SSHFourBranches",
    "ScaleDecoupling",
    "SharedCBAM",
    "SmartFeatureReuse",
    "identity",
    "make_activation",
]

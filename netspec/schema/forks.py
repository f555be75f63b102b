"""Caffe's forks: their names, and which of them an undeclared type or field belongs to.

What is declared says its fork itself (`Layer.fork`, `Setting.fork`); here stands what is not.
"""

from __future__ import annotations

from collections.abc import Iterator

SSD = "SSD (weiliu89/caffe)"
FAST_RCNN = "Fast R-CNN (rbgirshick/caffe-fast-rcnn)"
FASTER_RCNN = "Faster R-CNN in C++ (sanghoon/caffe, PVANet)"
R_FCN = "R-FCN (daijifeng001/caffe-rfcn)"
NVIDIA = "NVIDIA/caffe"
INTEL = "intel/caffe"
OPENVINO = "OpenVINO's training toolbox (openvinotoolkit/training_toolbox_caffe)"
TSN = "temporal segment networks (yjxiong/caffe)"
PSPNET = "DeepLab and PSPNet (hszhao/PSPNet)"
SEGNET = "SegNet (alexgkendall/caffe-segnet)"
HED = "holistically nested edges (s9xie/hed)"
FCN = "FCN's future branch (longjon/caffe), CRF-RNN (torrvision/caffe)"
CRF_RNN = "CRF-RNN (torrvision/crfasrnn)"
SENET = "SENet (hujie-frank/SENet)"
SHUFFLENET = "ShuffleNet (farmingyard/ShuffleNet)"
DEPTHWISE = "MobileNet's layer (yonghenglh6/DepthwiseConvolution)"
NORMFACE = "NormFace (happynear/caffe-windows)"
CENTER_LOSS = "center loss (ydwen/caffe-face)"
LSTM = "caffe-lstm (junhyukoh/caffe-lstm)"
YOLO = "YOLO in Caffe"
CAFFE_MODEL = "soeaver/caffe-model"
CAFFE_ON_SPARK = "CaffeOnSpark (yahoo/CaffeOnSpark)"
POSEIDON = "Poseidon (raajay/pmls-caffe)"
OPENCL = "OpenCL Caffe (naibaf7/caffe)"
SYNOPSYS = "synopsys-caffe (foss-for-synopsys-dwc-arc-processors/synopsys-caffe)"
MYCAFFE = "MyCaffe (MyCaffe/MyCaffe)"
SSTD = "the single shot text detector (BestSonny/SSTD)"
EAST = "EAST in Caffe (SURFZJY/EAST-caffe)"
JFDA = "MTCNN for heads (lincolnhard/mtcnn-head-detection)"
TEXTBOXES = "TextBoxes (MhLiao/TextBoxes) in OpenCV's words"
FACEBOXES = "FaceBoxes (sfzhang15/FaceBoxes)"
FOCAL = "SSD with focal loss (imistyrain/ssd-models)"
SQUEEZEDET = "SqueezeDet (opencv/opencv_contrib, dnn_objdetect)"
OURS = "netspec itself"

TYPES: dict[str, str] = {
    SSTD: "MaskPooling MaskResize",
    EAST: "DiceCoefLoss",
    JFDA: "JfdaLoss",
    FOCAL: "MultiBoxFocalLoss",
    SQUEEZEDET: "BboxData SqueezeDetLoss",
    INTEL: "BoxData EvalDetection MKLBatchNorm MnActivation RegionLoss SpatialDropout",
    NVIDIA: "DetectNetTransformation TRT",
    OPENVINO: "AnchorEmbeddingExtractor DetectionOutputExtended LabelSpecificAdd ScaleFilter",
    TSN: "BatchReduction Scatter SyncBN",
    PSPNET: """AdaptiveBiasChannel BiasChannel DenseCRF DomainTransform DomainTransformForwardOnly
        MatRead MatWrite SpatialProduct UniqueLabel""",
    SEGNET: "DenseImageData",
    NORMFACE: """Arccos BatchContrastiveLoss ConfidencePenaltyLoss CorrelationLoss Cosine FocalLoss
        FCNAccuracy GeneralTripletLoss GlobalLSEMargin Gram Hotspot Insanity
        LabelSpecificRescale LargeMarginInnerProduct Local MovingNormalize MultiLabelImageData
        NCALoss Noise Pairwise PredictBox Resize Slope SoftContrastiveLoss SoftTruncation SubRegion
        Transformer TripletLoss Truncation""",
    SYNOPSYS: """Accum Attention BatchToSpaceND BroadcastTo ChannelNorm Correlation CropAndResize
        DataAugmentation DepthToSpace Downsample ExpandDimsND FlowWarp GatherND GatherV2 Gemm GRU
        HardSigmoid HardSwish LogSoftmax LpNormalization MatMul MirrorPad Mish NonMaxSuppression
        OneHot Pad Pooling3D Pow PyramidROIAlign ReduceMax ReduceMean ReduceSum Resample
        ResizeBilinear ResizeNearestNeighbor Softplus SpaceToDepth Squeeze Stack StridedSlice
        UpsampleDarknet YoloV2Loss YoloV3Loss""",
    MYCAFFE: """AccuracyDecode AccuracyEncoding DataSequence Debug Decode Knn LayerNorm
        LstmAttention LstmSimple MemoryLoss SoftmaxCrossEntropy2Loss TokenizedData
        TransformerBlock UnPooling""",
}
FIELDS: dict[str, str] = {
    SSTD: "mask_resize_param",
    JFDA: "jfda_loss_param",
    SQUEEZEDET: "bbox_data_param squeezedet_param",
    INTEL: """compile_net_state eval_detection_param mn_activation_param multinode
        region_loss_param spatial_dropout_param random_aspect_ratio_param random_resize_param
        quantization_param bn_stats_batch_size fusion_type avg_include_pad
        kernel_size_3d pixelshuffler""",
    NVIDIA: "detectnet_augmentation_param detectnet_groundtruth_param trt_param torch_pooling",
    OPENVINO: """embedding_extractor_param label_specific_add_param scale_filter_param
        adaptive_weighting max_entropy_weight""",
    TSN: "batch_reduction_param original_image upper_height upper_size upper_width",
    PSPNET: """adaptive_bias_channel_param bias_channel_param dense_crf_param domain_transform_param
        mat_read_param mat_write_param unique_label_param update_global_stats""",
    SEGNET: "dense_image_data_param weight_by_label_freqs class_weighting",
    FAST_RCNN: "scale_train",
    NORMFACE: """general_triplet_loss_param hotspot_param
        insanity_param label_specific_affine_param label_specific_rescale_param local_param
        nca_param triplet_loss_param truncation_param disable_mean disable_variance
        class_weight hard_ratio face_transform""",
    MYCAFFE: """data_sequence_param debug_param decode_param knn_param lstm_attention_param
        lstm_simple_param max_bottom_count tokenized_data_param transformer_block_param
        unpooling_param mask_param label_mapping distortion_param output_matches
        allow_single_batch_input clip_length1 clip_length2 batch_first
        expose_hidden_input expose_hidden_output auto_repeat_hidden_states_across_layers
        use_cudnn_rnn8_if_supported""",
}


def _each(table: dict[str, str]) -> Iterator[tuple[str, str]]:
    return ((name, fork) for fork, names in table.items() for name in names.split())


FORK_OF_TYPE: dict[str, str] = dict(_each(TYPES))
FORK_OF_FIELD: dict[str, str] = dict(_each(FIELDS))
_MESSAGES = {f"{name.lower()}param": name for name in FORK_OF_TYPE}
TYPE_OF_MESSAGE: dict[str, str] = {  # the settings of one type, which Caffe reads on any other
    field: _MESSAGES[plain]
    for field in FORK_OF_FIELD
    if (plain := field.replace("_", "")) in _MESSAGES
}

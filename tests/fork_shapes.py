"""The layer types of Caffe's forks: what is written, the bottoms, and the shapes that follow."""

from __future__ import annotations

IMAGE = (2, 4, 6, 8)
PRIORS = (1, 2, 40)
REGIONS = (3, 5)
SHAPES = [  # type and settings, bottoms, tops, weights
    (
        'type: "Permute" permute_param { order: 0 order: 2 order: 3 order: 1 }',
        [IMAGE],
        [(2, 6, 8, 4)],
        [],
    ),
    ('type: "Permute" permute_param { order: 3 }', [IMAGE], [(8, 2, 4, 6)], []),
    ('type: "ShuffleChannel" shuffle_channel_param { group: 2 }', [IMAGE], [IMAGE], []),
    ('type: "Reorg" reorg_param { stride: 2 }', [IMAGE], [(2, 16, 3, 4)], []),
    ('type: "Reorg" reorg_param { stride: 2 reverse: true }', [IMAGE], [(2, 1, 12, 16)], []),
    ('type: "Flip"', [IMAGE], [IMAGE], []),
    ('type: "Gather"', [IMAGE, (2,)], [IMAGE, (2,)], []),
    ('type: "Interp" interp_param { height: 9 width: 5 }', [IMAGE], [(2, 4, 9, 5)], []),
    ('type: "Interp" interp_param { zoom_factor: 3 }', [IMAGE], [(2, 4, 16, 22)], []),
    ('type: "Interp" interp_param { shrink_factor: 2 }', [IMAGE], [(2, 4, 3, 4)], []),
    (
        'type: "Interp" interp_param { shrink_factor: 2 zoom_factor: 3 }',
        [IMAGE],
        [(2, 4, 7, 10)],
        [],
    ),
    (
        'type: "Interp" interp_param { height: 3 width: 3 pad_beg: -1 pad_end: -2 }',
        [IMAGE],
        [(2, 4, 3, 3)],
        [],
    ),
    (
        'type: "Interp" interp_param { use_blob_size: true }',
        [IMAGE, (1, 1, 7, 9)],
        [(2, 4, 7, 9)],
        [],
    ),
    ('type: "Upsample" upsample_param { scale: 3 }', [IMAGE], [(2, 4, 18, 24)], []),
    (
        'type: "Upsample" upsample_param { scale: 2 pad_out_h: true }',
        [IMAGE, IMAGE],
        [(2, 4, 11, 16)],
        [],
    ),
    (
        'type: "Upsample" upsample_param { upsample_h: 13 upsample_w: 15 }',
        [IMAGE, IMAGE],
        [(2, 4, 13, 15)],
        [],
    ),
    (
        'type: "DepthwiseConvolution" convolution_param { num_output: 4 kernel_size: 3 }',
        [IMAGE],
        [(2, 4, 4, 6)],
        [(4, 1, 3, 3), (4,)],
    ),
    (
        'type: "ConvolutionDepthwise" convolution_param {'
        " num_output: 8 group: 4 kernel_size: 3 pad: 1 bias_term: false }",
        [IMAGE],
        [(2, 8, 6, 8)],
        [(8, 1, 3, 3)],
    ),
    ('type: "ReLU6"', [IMAGE], [IMAGE], []),
    ('type: "SeLu"', [IMAGE], [IMAGE], []),
    ('type: "SeLuDropout" selu_dropout_param { dropout_ratio: 0.2 }', [IMAGE], [IMAGE], []),
    ('type: "Axpy"', [(2, 4, 1, 1), IMAGE, IMAGE], [IMAGE], []),
    ('type: "Axpy"', [(2, 4), IMAGE, IMAGE], [IMAGE], []),
    ('type: "ChannelScale"', [IMAGE, (2, 1, 6, 8)], [IMAGE], []),
    ('type: "BN"', [IMAGE], [IMAGE], [(1, 4)] * 4),
    (
        'type: "BN" bn_param { bn_mode: LEARN }',
        [IMAGE],
        [IMAGE, (1, 4, 1, 1), (1, 4, 1, 1)],
        [(1, 4, 1, 1)] * 2,
    ),
    ('type: "BN" bn_param { bn_mode: INFERENCE }', [IMAGE], [IMAGE], [(1, 4, 1, 1)] * 2),
    ('type: "Normalize" norm_param { }', [IMAGE], [IMAGE], [()]),
    ('type: "Normalize" norm_param { channel_shared: false }', [IMAGE], [IMAGE], [(4,)]),
    ('type: "Normalize"', [IMAGE], [IMAGE, (2, 1, 6, 8)], []),
    ('type: "GRN"', [IMAGE], [IMAGE], []),
    (
        'type: "PriorBox" prior_box_param { min_size: 8 max_size: 12 aspect_ratio: 2 }',
        [IMAGE, (2, 3, 60, 80)],
        [(1, 2, 6 * 8 * 4 * 4)],
        [],
    ),
    (
        'type: "PriorBox" prior_box_param {'
        " min_size: 8 min_size: 9 aspect_ratio: 2 aspect_ratio: 0.5 flip: false }",
        [IMAGE, (2, 3, 60, 80)],
        [(1, 2, 6 * 8 * 6 * 4)],
        [],
    ),
    (
        'type: "PriorBox" prior_box_param { min_size: 32 min_size: 64 min_size: 128 }',
        [IMAGE, (2, 3, 60, 80)],
        [(1, 2, 6 * 8 * 21 * 4)],
        [],
    ),
    (
        'type: "PriorBox" prior_box_param { min_size: 9 offset_h: 0.5 offset_h: 1 }',
        [IMAGE, (2, 3, 60, 80)],
        [(1, 2, 6 * 8 * 2 * 4)],
        [],
    ),
    (
        'type: "PriorBoxClustered" prior_box_param { width: 8 width: 9 height: 3 height: 4 }',
        [IMAGE, (2, 3, 60, 80)],
        [(1, 2, 6 * 8 * 2 * 4)],
        [],
    ),
    (
        'type: "DetectionOutput" detection_output_param { num_classes: 3 }',
        [(2, 40), (2, 30), PRIORS],
        [(1, 1, 1, 7)],
        [],
    ),
    (
        'type: "DetectionOutput" detection_output_param { num_classes: 3 share_location: false }',
        [(2, 120), (2, 30), PRIORS],
        [(1, 1, 1, 7)],
        [],
    ),
    (
        'type: "DetectionEvaluate" detection_evaluate_param { num_classes: 3 }',
        [(1, 1, 9, 7), (1, 1, 4, 8)],
        [(1, 1, 11, 5)],
        [],
    ),
    (
        'type: "MultiBoxLoss" multibox_loss_param { num_classes: 3 }',
        [(2, 40), (2, 30), PRIORS, (1, 1, 4, 8)],
        [()],
        [],
    ),
    (
        'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 3 }',
        [IMAGE, REGIONS],
        [(3, 4, 2, 3)],
        [],
    ),
    (
        'type: "ROIPooling" roi_pooling_param { pooled_h: 2 pooled_w: 3 }',
        [IMAGE, (3, 5, 1, 1)],
        [(3, 4, 2, 3)],
        [],
    ),
    (
        'type: "PSROIPooling" psroi_pooling_param { output_dim: 1 group_size: 2 spatial_scale: 1 }',
        [IMAGE, REGIONS],
        [(3, 1, 2, 2)],
        [],
    ),
    (
        'type: "Proposal" proposal_param { ratio: 1 scale: 2 scale: 4 post_nms_topn: 9 }',
        [(1, 4, 6, 8), (1, 8, 6, 8), (1, 3)],
        [(9, 5), (9,)],
        [],
    ),
    ('type: "SmoothL1Loss"', [(3, 8), (3, 8), (3, 8), (3, 8)], [()], []),
    ('type: "SmoothL1Loss" loss_weight: 1 loss_weight: 0', [IMAGE, IMAGE], [(), (2, 1, 6, 8)], []),
    (
        'type: "SmoothL1LossOHEM" loss_weight: 1 loss_weight: 0',
        [IMAGE, IMAGE, IMAGE],
        [(), (2, 1, 6, 8)],
        [],
    ),
    (
        'type: "SoftmaxWithLossOHEM" loss_weight: 1 loss_weight: 0 loss_weight: 0',
        [(3, 4), (3,)],
        [(), (3, 4), (3,)],
        [],
    ),
    (
        'type: "BoxAnnotatorOHEM" box_annotator_ohem_param { roi_per_img: 2 }',
        [REGIONS, (3, 1), (3,), (3, 8)],
        [(3, 1, 1, 1), (3, 8, 1, 1)],
        [],
    ),
    ('type: "L1Loss"', [IMAGE, IMAGE], [()], []),
    ('type: "CenterLoss" center_loss_param { num_output: 5 }', [(3, 4), (3,)], [()], [(5, 4)]),
    ('type: "InnerDistance" inner_distance_param { num_output: 5 }', [(3, 4)], [(3, 5)], [(5, 4)]),
    ('type: "InnerDistance"', [(3, 4), (5, 4)], [(3, 5)], []),
    (
        'type: "MarginInnerProduct" margin_inner_product_param { num_output: 5 }',
        [(3, 4), (3,)],
        [(3, 5), (1,)],
        [(5, 4)],
    ),
    ('type: "SegAccuracy"', [IMAGE, (2, 1, 6, 8)], [(1, 1, 1, 3)], []),
    (
        'type: "Lstm" lstm_param { num_output: 7 batch_size: 2 }',
        [(6, 5), (6,)],
        [(6, 7)],
        [(28, 5), (28, 7), (28,)],
    ),
    (
        'type: "Lstm" recurrent_param { num_output: 7 }',
        [(6, 2, 5), (6, 2)],
        [(6, 2, 7)],
        [(28, 5), (28,), (28, 7)],
    ),
    (
        'type: "AnnotatedData" data_param { batch_size: 2 }'
        " transform_param { resize_param { height: 30 width: 40 } }",
        [],
        [(2, 3, 30, 40), (1, 1, 1, 8)],
        [],
    ),
    (
        'type: "ImageSegData" image_data_param { batch_size: 2 } transform_param { crop_size: 33 }',
        [],
        [(2, 3, 33, 33), (2, 1, 33, 33)],
        [],
    ),
    (
        'type: "ImageLabelmapData" image_data_param { new_height: 20 new_width: 30 }',
        [],
        [(1, 3, 20, 30), (1, 1, 20, 30)],
        [],
    ),
    ('type: "SegData" transform_param { crop_size: 33 }', [], [(1, 3, 33, 33), (1, 1, 33, 33)], []),
    (
        'type: "VideoData" transform_param { crop_size: 33 }'
        " video_data_param { batch_size: 2 num_segments: 3 new_length: 5 }",
        [],
        [(2, 30, 33, 33), (2, 1, 1, 1)],
        [],
    ),
    (
        'type: "CoSData" cos_data_param { batch_size: 4'
        " top { type: ENCODED_IMAGE channels: 3 height: 9 width: 9 out_height: 227 out_width: 99 }"
        " top { type: INT channels: 1 height: 1 width: 1 }"
        " top { type: INT_ARRAY channels: 21 sample_num_axes: 1 transpose: true }"
        " top { type: FLOAT_ARRAY channels: 7 sample_num_axes: 1 } top { sample_num_axes: 0 } }",
        [],
        [(4, 3, 227, 99), (4, 1, 1, 1), (21, 4), (4, 7), (4,)],
        [],
    ),
    (
        'type: "GeneralContrastiveLoss" loss_weight: 1 loss_weight: 0',
        [(3, 5), (3,)],
        [(), (2,)],
        [],
    ),
    (
        'type: "MultiStageMeanfield" multi_stage_meanfield_param {'
        " theta_alpha: 160 theta_beta: 3 theta_gamma: 3 num_iterations: 5 }",
        [IMAGE, IMAGE, (2, 3, 6, 8)],
        [IMAGE],
        [(1, 1, 4, 4)] * 3,
    ),
]

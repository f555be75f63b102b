"""Messages of caffe.proto for protobuf's own reader and writer, as far as weights need them.

Field numbers are Caffe's; raw_data_type and raw_data are NVIDIA's, half_data those of its
experiments and of TensorRT.
"""

from __future__ import annotations

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

Field = descriptor_pb2.FieldDescriptorProto
KINDS = {
    "int32": Field.TYPE_INT32,
    "int64": Field.TYPE_INT64,
    "uint32": Field.TYPE_UINT32,
    "float": Field.TYPE_FLOAT,
    "double": Field.TYPE_DOUBLE,
    "string": Field.TYPE_STRING,
    "bytes": Field.TYPE_BYTES,
}
BLOB = """
    num:int32=1 channels:int32=2 height:int32=3 width:int32=4 shape:BlobShape=7
    raw_data_type:int32=10 raw_data:bytes=12
"""
PACKED = "data:float*=5! diff:float*=6! double_data:double*=8! double_diff:double*=9!"
FIELDS = {  # name:type=number, * for repeated, ! for packed
    "BlobShape": "dim:int64*=1!",
    "BlobProto": BLOB + PACKED,
    "Unpacked": BLOB + PACKED.replace("!", ""),
    "Halves": "shape:BlobShape=7 half_data:uint32*=10!",
    "V0LayerParameter": "name:string=1 type:string=2 blobs:BlobProto*=50",
    "V1LayerParameter": """layer:V0LayerParameter=1 bottom:string*=2 top:string*=3 name:string=4
        type:int32=5 blobs:BlobProto*=6""",
    "LayerParameter": """name:string=1 type:string=2 bottom:string*=3 top:string*=4
        blobs:BlobProto*=7 phase:int32=10""",
    "NetParameter": "name:string=1 layers:V1LayerParameter*=2 layer:LayerParameter*=100",
    "SolverState": "iter:int32=1 learned_net:string=2 history:BlobProto*=3 current_step:int32=4",
}


def _messages() -> dict[str, type[Message]]:
    file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe", syntax="proto2")
    for name, fields in FIELDS.items():
        message = file.message_type.add(name=name)
        for written in fields.split():
            label, _, number = written.partition("=")
            field, _, kind = label.partition(":")
            made = message.field.add(name=field, number=int(number.rstrip("!")))
            made.label = Field.LABEL_REPEATED if kind.endswith("*") else Field.LABEL_OPTIONAL
            kind = kind.rstrip("*")
            if kind in KINDS:
                made.type = KINDS[kind]
            else:
                made.type, made.type_name = Field.TYPE_MESSAGE, f".caffe.{kind}"
            if number.endswith("!"):
                made.options.packed = True
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"caffe.{name}"))
        for name in FIELDS
    }


MESSAGES = _messages()

// How the camera is wired on an ESP32-S3-EYE. Other boards: the numbers of their own schematic.

#ifndef CAMERA_BOARD_H_
#define CAMERA_BOARD_H_

constexpr int kPinPowerDown = -1;  // not connected
constexpr int kPinReset = -1;      // not connected
constexpr int kPinClock = 15;      // to the camera
constexpr int kPinSccbData = 4;
constexpr int kPinSccbClock = 5;
constexpr int kPinVerticalSync = 6;
constexpr int kPinHorizontalReference = 7;
constexpr int kPinPixelClock = 13;
constexpr int kPinData[8] = {11, 9, 8, 10, 12, 18, 17, 16};  // bits 0 to 7

constexpr bool kUpsideDown = true;  // how the sensor is mounted: faces on their heads are not found

#endif  // CAMERA_BOARD_H_
